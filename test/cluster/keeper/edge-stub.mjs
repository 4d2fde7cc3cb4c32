// Stands in for the edge: says back what comes to the SIP sockets, with its pid in front; ends when told "die".
import { createServer } from 'node:net';
import { KeeperLink } from '../../../dist/cluster/keeper/index.js';

const keeper = new KeeperLink();
keeper.onStop(async () => {});
const [udp, tcp] = (await keeper.receive()).sip;
udp.socket.on('message', (bytes, from) => {
  if (bytes.toString() === 'die') process.kill(process.pid, 'SIGKILL');
  udp.socket.send(`${process.pid} ${bytes}`, from.port, from.address);
});
const server = createServer((socket) => socket.on('data', (bytes) => socket.end(`${process.pid} ${bytes}`)));
server.listen(tcp.handle);
await keeper.report({ application: { host: '127.0.0.1', port: 9022 } });
