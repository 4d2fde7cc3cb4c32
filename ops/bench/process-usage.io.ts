// What a process uses, by /proc: so that a program that is not ours is measured like ours.

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { type Clock, systemClock } from '#src/ports';

/** Clock ticks per second of /proc/PID/stat (USER_HZ): 100 on every Linux that Node runs on. */
const ticksPerSecond = 100;

/** Begins to measure; the function given back says how many percent of one core the process has used since. */
export function measureCpu(pid: number, clock: Clock = systemClock): () => number {
  const [ticks, sinceMs] = [ticksOf(pid), clock.monotonicMs()];
  return () => {
    const seconds = (clock.monotonicMs() - sinceMs) / 1_000;
    return Math.round(((ticksOf(pid) - ticks) / ticksPerSecond / seconds) * 1_000) / 10;
  };
}

/** User and system seconds that processes have used, their threads included. */
export function cpuSecondsOf(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => sum + ticksOf(pid), 0) / ticksPerSecond;
}

/** User and system seconds of children of this process that have ended (proc(5): cutime and cstime of stat). */
export function endedChildrenSeconds(): number {
  const afterName = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]!.split(' ');
  return (Number(afterName[13]) + Number(afterName[14])) / ticksPerSecond;
}

/** Memory of processes, what they share counted in parts: KiB. */
export function memoryKiBOf(pids: readonly number[]): number {
  const shareOf = (pid: number) => /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
  return pids.reduce((sum, pid) => sum + Number(shareOf(pid)), 0);
}

/** Memory of processes that is resident, what they share counted in each; one that has gone has none: KiB. */
export function residentKiBOf(pids: readonly number[]): number {
  const residentOf = (pid: number) => {
    try {
      return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch {
      return 0;
    }
  };
  return pids.reduce((sum, pid) => sum + residentOf(pid), 0);
}

/** Datagrams that the kernel has dropped at the IPv4 sockets of these ports, because nobody had read in time. */
export function kernelDropsOf(portMin: number, portMax: number): number {
  const rows = readFileSync('/proc/net/udp', 'utf8').trim().split('\n').slice(1);
  const drops = rows
    .map((line) => line.trim().split(/\s+/))
    .map((fields) => {
      const port = Number.parseInt(fields[1]?.split(':')[1] ?? '', 16);
      return port >= portMin && port <= portMax ? Number(fields.at(-1)) : 0;
    });
  return drops.reduce((sum, one) => sum + one, 0);
}

/** The process of this machine that has a UDP port open; undefined when there is none, or it is somebody else's. */
export function processOfUdpPort(port: number): number | undefined {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set(
    ['/proc/net/udp', '/proc/net/udp6'].flatMap((file) =>
      readFileSync(file, 'utf8')
        .split('\n')
        .map((line) => line.trim().split(/\s+/))
        .filter((fields) => fields[1]?.endsWith(wanted))
        .map((fields) => `socket:[${fields[9]}]`),
    ),
  );
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => openFilesOf(pid).some((file) => inodes.has(file)));
}

/** User and system time of a process, its threads included. */
function ticksOf(pid: number): number {
  // The name, in brackets, may hold anything; what follows it is numbers.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\)/s, '').trim().split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function openFilesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/${pid}/fd/${fd}`)];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}
