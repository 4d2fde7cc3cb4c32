// Holds a socket without reading, has two children read it in turn, and prints what each of them got.
import { fork } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { fileURLToPath } from 'node:url';
import { openUnreadSocket, readWhenListened } from '../../../dist/cluster/keeper/unread-socket.io.js';

const perReader = 3;
if (process.argv[2] === 'reader') {
  process.on('message', (_, socket) => {
    // A socket that comes before this listener is there would be read by nobody: so the child says when it is ready.
    readWhenListened(socket);
    const got = [];
    // The listener comes long after the socket: nothing may be missed meanwhile.
    setTimeout(() => {
      socket.on('message', (bytes) => {
        if (got.push(bytes.toString()) === perReader) process.send(got, () => process.kill(process.pid, 'SIGKILL'));
      });
    }, 50);
  });
  process.send('ready');
} else {
  const held = await openUnreadSocket({ address: '127.0.0.1', port: 0, receiveBufferBytes: 65_536 });
  let holderRead = 0;
  held.on('message', () => {
    holderRead += 1;
  });
  const sender = createSocket('udp4');
  const readers = [];
  for (let reader = 0; reader < 2; reader += 1) {
    for (let count = 0; count < perReader; count += 1) {
      const text = String(reader * perReader + count);
      await new Promise((sent) => sender.send(text, held.address().port, '127.0.0.1', sent));
    }
    const child = fork(fileURLToPath(import.meta.url), ['reader']);
    await new Promise((ready) => child.once('message', ready));
    child.send({}, held);
    readers.push(await new Promise((got) => child.once('message', got)));
    await new Promise((ended) => child.once('exit', ended));
  }
  sender.close();
  held.close();
  process.stdout.write(JSON.stringify({ version: process.version, holderRead, readers }));
}
