// Holds a TCP port, has two children listen at it in turn, and prints who answered each connection. One connection is made
// while nobody listens.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { openUnacceptedListener } from '../../../dist/cluster/keeper/unaccepted-listener.io.js';

if (process.argv[2] !== undefined) {
  process.on('message', (_, handle) => {
    const server = createServer((socket) => socket.end(process.argv[2]));
    server.listen(handle, 16, () => process.send('listening'));
  });
  process.send('ready');
} else {
  const held = openUnacceptedListener({ address: '127.0.0.1', port: 0 });
  const start = async (name) => {
    const child = fork(fileURLToPath(import.meta.url), [name]);
    await once(child, 'message');
    child.send({}, held.handle);
    await once(child, 'message');
    return child;
  };
  const answer = async () => {
    const socket = connect(held.port, '127.0.0.1');
    const [text] = await once(socket, 'data');
    return text.toString();
  };
  const answers = [];
  const first = await start('first');
  answers.push(await answer());
  first.kill('SIGKILL');
  await once(first, 'exit');
  const waiting = answer();
  const again = await new Promise((resolve) => {
    try {
      openUnacceptedListener({ address: '127.0.0.1', port: held.port });
      resolve('taken twice');
    } catch (error) {
      resolve(error.code);
    }
  });
  const second = await start('second');
  answers.push(await waiting, await answer());
  second.kill('SIGKILL');
  await once(second, 'exit');
  held.close();
  process.stdout.write(JSON.stringify({ version: process.version, answers, again }));
}
