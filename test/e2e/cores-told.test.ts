import { afterAll, describe, expect, it } from 'vitest';
import { type Listener, listen } from '../cluster/links/listener.ts';
import { until } from '../harness/processes.ts';
import { setStage, spoken } from './stage.ts';

let core: Listener | undefined;
const stage = setStage(async () => {
  core = await listen();
  const { host, port } = core.server.place;
  return { config: { recorder: { cores: [`${host}:${port}`], silenceMsMax: 60_000 } } };
});
afterAll(() => core?.server.close());

describe('what a core is told of a call', () => {
  it('R-REC-7: begin, pause, end, and where the recording lies', async () => {
    const { sessions, forgotten } = core!;
    const call = stage.call();
    await spoken(call, 100);
    const told = () => [...sessions.values()].find(({ recordingId }) => recordingId === call.recordId);
    const running = await until('both dialogs', () => {
      const news = told();
      return news?.dialogs.filter(({ phase }) => phase === 'answered').length === 2 && news;
    });
    expect(running).toMatchObject({ phase: 'recording', form: 'msr', paused: false });
    expect(running.dialogs.map(({ dn }) => dn).sort()).toEqual(['5550142', '7001']);
    expect(running.streams.map(({ phase, codecs }) => [phase, codecs[0]])).toEqual([
      ['open', expect.any(String)],
      ['open', expect.any(String)],
    ]);

    const [recorder] = core!.recorders;
    expect(await recorder!.command({ command: 'pause', recording: call.recordId, by: 'core' })).toEqual([running.take]);
    await until('the pause', () => told()?.pauses.length === 1);
    expect(told()).toMatchObject({ paused: true, pauses: [{ by: 'core' }] });
    await recorder!.command({ command: 'resume', recording: call.recordId, by: 'core' });

    const { facts } = (await stage.recorded(call)).manifest;
    await until('the end', () => forgotten.includes(running.take));
    expect(told()).toMatchObject({ phase: 'finished', endReason: 'bye', folder: expect.any(String) });
    expect(
      told()!
        .streams.map(({ packets }) => packets)
        .sort(),
    ).toEqual(facts.streams.map((one) => one.packets).sort());
  });

  it('R-REC-7: a recorder that is killed is lost at once, and its successor tells of the call that runs on', async () => {
    const { recorders, lost, sessions } = core!;
    const call = stage.call();
    await spoken(call, 100);
    const before = recorders[0]!.name;
    sessions.clear();
    await stage.node.restartRecorder();
    const news = await until('the call to be told again', () =>
      [...sessions.values()].find(({ recordingId }) => recordingId === call.recordId),
    );
    expect(lost.some((line) => line.startsWith(before))).toBe(true);
    expect(news.phase).toBe('recording');
    expect(recorders.at(-1)!.name).not.toBe(before);
    await stage.recorded(call);
  });
});
