// A program for jobs of tests: notes that it began, waits until it is told to go on, notes that it is done.

const { appendFileSync, existsSync, writeFileSync } = require('node:fs');

module.exports = async ({ data, progress }) => {
  appendFileSync(`${data.path}.begun`, `${process.pid}\n`);
  if (data.fails) throw new Error('cannot be done');
  progress(0.5);
  while (!existsSync(`${data.path}.go`)) await new Promise((wake) => setTimeout(wake, 10));
  writeFileSync(`${data.path}.done`, String(process.pid));
};
