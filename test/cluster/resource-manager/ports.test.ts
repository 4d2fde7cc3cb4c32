// Ports in use: the recorder's word, and what it was sent since it said so.

import { expect, it } from 'vitest';
import { Ports } from '../../../cluster/resource-manager/ports.ts';

it('R-HA-4: a report counts what was accepted before it was asked for, and not what came after', () => {
  const ports = new Ports(100);
  ports.take('early', 2, 0).accepted(1);
  ports.take('late', 2, 4).accepted(6);
  ports.take('open', 2, 4);
  expect(ports.inUse(7)).toBe(6);
  ports.reported({ streams: 10, sinceMs: 5 });
  expect(ports.inUse(7)).toBe(14);
  ports.reported({ streams: 14, sinceMs: 8 });
  expect(ports.inUse(9)).toBe(16);
});

it('R-HA-4: the other party of a call has its port kept for a while, and no longer', () => {
  const ports = new Ports(4);
  ports.take('a', 1, 0).accepted(0);
  ports.take('b', 1, 0).accepted(0);
  expect(ports.inUse(0)).toBe(4);
  expect(ports.hasRoom('c', 1, 0)).toBe(false);
  expect(ports.hasRoom('a', 1, 0)).toBe(true);
  ports.take('a', 1, 1).accepted(1);
  expect(ports.inUse(1)).toBe(4);
  expect(ports.hasRoom('a', 1, 1)).toBe(false);
  ports.reported({ streams: 3, sinceMs: 2 });
  expect(ports.inUse(2)).toBe(4);
  expect(ports.inUse(2_000)).toBe(3);
});

it('R-HA-4: what was refused or taken back is free at once', () => {
  const ports = new Ports(2);
  const taken = ports.take('a', 1, 0);
  expect(ports.hasRoom('b', 1, 0)).toBe(false);
  taken.gone();
  expect(ports.inUse(0)).toBe(0);
  expect(ports.hasRoom('b', 1, 0)).toBe(true);
});

it('R-HA-4: a recorder that takes fewer streams than configured is believed', () => {
  const ports = new Ports(1_350);
  ports.reported({ streams: 9, streamsMax: 10, sinceMs: 0 });
  expect(ports.capacity).toBe(10);
  expect(ports.hasRoom('a', 1, 0)).toBe(false);
});

it('R-HA-4: of a recorder that never says how full it is, calls are taken to end after some minutes', () => {
  const ports = new Ports(2);
  ports.take('a', 2, 0).accepted(0);
  expect(ports.hasRoom('b', 2, 179_999)).toBe(false);
  expect(ports.hasRoom('b', 2, 180_000)).toBe(true);
});
