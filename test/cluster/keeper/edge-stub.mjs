// Stands in for the edge: says back what comes to the SIP socket, with its pid in front; ends when told "die".
import { KeeperLink } from '../../../dist/cluster/keeper/index.js';

const keeper = new KeeperLink();
keeper.onStop(async () => {});
const { sip } = await keeper.receive();
sip.on('message', (bytes, from) => {
  if (bytes.toString() === 'die') process.kill(process.pid, 'SIGKILL');
  sip.send(`${process.pid} ${bytes}`, from.port, from.address);
});
await keeper.report({ application: { host: '127.0.0.1', port: 9022 } });
