// The application of plain calls: drachtio-srf answers every INVITE at once. A process of its own, as applications are.
// Arguments: host, port and secret of the application port. Says "connected HOSTPORTS" when it is.

import Srf from 'drachtio-srf';

const [host = '127.0.0.1', port = '9022', secret = ''] = process.argv.slice(2);
const localSdp = 'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n';

const srf = new Srf();
srf.on('error', (error: Error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
srf.on('connect', (error: Error | undefined, hostPorts: string) => {
  process.stdout.write(error ? `refused ${error}\n` : `connected ${hostPorts}\n`);
});
srf.invite((request, response) => {
  // A caller that gives up while we answer is one the caller counts.
  srf.createUAS(request, response, { localSdp }).catch(() => {});
});
srf.connect({ host, port: Number(port), secret });
process.once('disconnect', () => process.exit(0));
