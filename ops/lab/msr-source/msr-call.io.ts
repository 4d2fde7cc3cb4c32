// One replicated call: its dialogs with the recorder and the audio of its two parties. All dialogs are answered before the
// audio starts, so that both parties begin at the same moment and a recording can be measured against that.

import { SrtpSender } from '#ops/lab/srtp';
import { type PayloadFormat, staticPayloadFormats } from '#src/media';
import { keyAndSaltBytes, type SrtpSuiteName } from '#src/media/srtp';
import type { Random } from '#src/ports';
import type { OfferedMedia } from '#src/sip';
import { type Audio, payloadBytes, payloadsOf, type SpokenCodec } from './audio.ts';
import type { SentPacket } from './ledger.ts';
import type { MediaSender } from './media-sender.io.ts';
import { type DialogEnd, MsrDialog } from './msr-dialog.io.ts';
import { type MsrForm, msrInvites, msrOffer, type OfferedStream } from './msr-invite.core.ts';
import type { MediaPort, MediaTarget, OutgoingStream, StreamOptions } from './outgoing-stream.ts';
import type { StreamPlan } from './schedule.core.ts';
import type { SipAgent } from './sip-agent.ts';

/** A codec a party may offer; only counters can be sent in one that is not spoken. */
export type OfferedCodec = SpokenCodec | 'G729';

/** One party of the call. */
export interface MsrParty {
  readonly dn: string;
  readonly audio: Audio;
  /** In order of preference; default PCMU. The recorder's answer decides which is sent. */
  readonly codecs?: readonly OfferedCodec[];
  /** Misfortune by plan. */
  readonly plan?: StreamPlan;
  /** Where the stream begins; what is left out is drawn. */
  readonly ssrc?: number;
  readonly sequence?: number;
  readonly timestamp?: number;
}

/** A call to replicate. What is left out is drawn from the source's randomness. */
export interface MsrCallOptions {
  readonly form: MsrForm;
  /** The first is the one the recording was started for. */
  readonly parties: readonly [MsrParty, MsrParty];
  readonly recordId?: string;
  readonly callUuid?: string;
  /** Instead of that of the source. */
  readonly recorder?: MsrCallResources['recorder'] | undefined;
  /** Default `Environment`, 1. */
  readonly tenant?: { readonly path: string; readonly dbid: number };
  /** It is replicated to this recorder as well (`recdest2`): the same packets at the same time, in dialogs of their own. */
  readonly second?: MsrCallResources['recorder'] | undefined;
  /** 1 (default) is real time. */
  readonly transmitRate?: number;
  /** `shared` (default): all streams of the source leave from one port; `own`: each from its own. */
  readonly ports?: 'shared' | 'own';
  /** Adds RTCP sender reports; default false. */
  readonly senderReports?: boolean;
  /** Packets leave sealed in this way, each party's with a key of its own; default: in clear. */
  readonly srtp?: SrtpSuiteName;
}

/** What a call needs of its source. */
export interface MsrCallResources {
  readonly agent: SipAgent;
  readonly sender: MediaSender;
  readonly random: Random;
  readonly recorder: { readonly address: string; readonly port: number };
}

/** One party while the call lasts, and afterwards. */
export interface SpeakingParty {
  readonly dn: string;
  readonly ssrc: number;
  /** Undefined until the recorder has accepted its m-line. */
  readonly stream: OutgoingStream | undefined;
}

interface Party extends SpeakingParty {
  readonly options: MsrParty;
  readonly formats: readonly (PayloadFormat & { readonly payloadType: number })[];
  port: MediaPort;
  stream: OutgoingStream | undefined;
  /** Master key with its salt; undefined for packets in clear. */
  keyAndSalt: Buffer | undefined;
}

/** A call under way. */
export class MsrCall {
  readonly recordId: string;
  readonly callUuid: string;
  /** Resolves when every INVITE is answered and the audio has started; rejects with `msr-call-refused`. */
  readonly answered: Promise<void>;
  /** Resolves when both parties have said everything, or no dialog is left. Audio without an end ends with the call. */
  readonly said: Promise<void>;
  /** Resolves when no dialog is left, with the end of each in the order of the INVITEs. */
  readonly ended: Promise<readonly DialogEnd[]>;
  readonly #options: MsrCallOptions;
  readonly #resources: MsrCallResources;
  readonly #parties: Party[];
  /** The latest ones: a recorder that is gone is told nothing. */
  #dialogs: readonly MsrDialog[];
  /** With the second recorder. */
  readonly #others: readonly MsrDialog[];
  /** With recorders that are to have it next. */
  readonly #opening = new Set<MsrDialog>();
  readonly #sdpSessionId: number;
  #sdpVersion = 1;
  #direction: OfferedStream['direction'] = 'sendonly';

  constructor(options: MsrCallOptions, resources: MsrCallResources) {
    const { random, sender } = resources;
    this.#options = options;
    this.#resources = resources;
    this.recordId = options.recordId ?? random.uuid();
    this.callUuid = options.callUuid ?? callUuidFrom(random);
    this.#sdpSessionId = random.bytes(4).readUInt32BE(0);
    this.#parties = options.parties.map((party) => ({
      dn: party.dn,
      ssrc: party.ssrc ?? random.bytes(4).readUInt32BE(0),
      options: party,
      formats: (party.codecs ?? ['PCMU']).map(formatNamed),
      port: sender.shared,
      stream: undefined,
      keyAndSalt: options.srtp && random.bytes(keyAndSaltBytes(options.srtp)),
    }));
    this.#dialogs = this.#dialogsWith(options.recorder ?? resources.recorder);
    this.#others = options.second ? this.#dialogsWith(options.second) : [];
    this.ended = Promise.all(this.#dialogs.map((dialog) => dialog.ended));
    this.answered = this.#open();
    this.said = this.answered.then(async () => {
      await Promise.race([Promise.all(this.#parties.map(({ stream }) => stream?.said)), this.ended]);
    });
    // Whoever is interested awaits them; a refused call must not end the process of who is not.
    this.answered.catch(() => {});
    this.said.catch(() => {});
  }

  get parties(): readonly SpeakingParty[] {
    return this.#parties;
  }

  /** How the BYEs of this call were answered, as far as they were. */
  get byeStatuses(): readonly number[] {
    return this.#dialogs.flatMap(({ byeStatus }) => byeStatus ?? []);
  }

  /** Every packet that left so far, of both parties. */
  *sent(): Generator<SentPacket> {
    for (const { stream } of this.#parties) if (stream) yield* stream.ledger;
  }

  /** How far the call is: the larger position of its streams. */
  get positionMs(): number {
    return Math.max(0, ...this.#parties.map(({ stream }) => stream?.positionMs ?? 0));
  }

  /** Re-INVITE `inactive`; no packets while it lasts. */
  async hold(): Promise<void> {
    for (const { stream } of this.#parties) stream?.hold(true);
    this.#direction = 'inactive';
    await this.#reoffer();
  }

  /** Re-INVITE `sendonly`; packets again. */
  async resume(): Promise<void> {
    this.#direction = 'sendonly';
    await this.#reoffer();
    for (const { stream } of this.#parties) stream?.hold(false);
  }

  /** Re-INVITE with other ports; once it is answered the packets leave from there. */
  async moveMedia(): Promise<void> {
    for (const party of this.#parties) party.port = await this.#resources.sender.openPort();
    await this.#reoffer();
  }

  /** Another recorder has the same streams from now on, in dialogs of its own. Rejects with `msr-call-refused`. */
  async restartAt(recorder: MsrCallResources['recorder']): Promise<void> {
    const dialogs = this.#dialogsWith(recorder);
    for (const dialog of dialogs) this.#opening.add(dialog);
    const opened = await Promise.all(
      dialogs.map(async (dialog) => ({ dialog, answer: await dialog.open(this.#offerOf(dialog)) })),
    )
      .catch((error: unknown) => {
        for (const dialog of dialogs) {
          dialog.cancel();
          void dialog.hangUp().catch(() => {});
        }
        throw error;
      })
      .finally(() => {
        for (const dialog of dialogs) this.#opening.delete(dialog);
      });
    // What the one before still holds of it ends; who is gone need not answer.
    for (const before of this.#dialogs) void before.hangUp().catch(() => {});
    this.#dialogs = dialogs;
    for (const { dialog, answer } of opened) {
      this.#silenceWith(dialog);
      for (const [party, media] of this.#answeredParties(dialog, answer)) {
        party.stream?.move(party.port, this.#targetOf(media));
        party.stream?.hold(this.#direction === 'inactive');
      }
    }
  }

  /** Whether the recorder still knows its dialogs; one that says nothing does not. */
  async isKnownThere(): Promise<boolean> {
    const known = await Promise.all(this.#dialogs.map((dialog) => dialog.isKnownThere().catch(() => false)));
    return known.every((one) => one);
  }

  /** Both parties press digits, instead of what they would say meanwhile. */
  press(digits: string): void {
    for (const { stream } of this.#parties) stream?.press(digits);
  }

  /** Re-INVITE with other keys; once it is answered packets are sealed with them. */
  async rekey(): Promise<void> {
    const { srtp: suite } = this.#options;
    if (suite === undefined) throw new Error('a call in clear has no keys');
    for (const party of this.#parties) party.keyAndSalt = this.#resources.random.bytes(keyAndSaltBytes(suite));
    await this.#reoffer();
    for (const party of this.#parties) party.stream?.rekey(new SrtpSender({ suite, keyAndSalt: party.keyAndSalt! }));
  }

  /** Stops the audio and ends every dialog with BYE. */
  async hangUp(): Promise<void> {
    for (const { stream } of this.#parties) stream?.stop();
    await Promise.all([...this.#dialogs, ...this.#others, ...this.#opening].map((dialog) => dialog.hangUp()));
  }

  /** Takes back what is not answered yet; `answered` rejects, `ended` says `cancelled`. */
  cancel(): void {
    for (const dialog of [...this.#dialogs, ...this.#opening]) dialog.cancel();
  }

  async #open(): Promise<void> {
    if (this.#options.ports === 'own') {
      for (const party of this.#parties) party.port = await this.#resources.sender.openPort();
    }
    const dialogs = [...this.#dialogs, ...this.#others];
    const opened = await Promise.allSettled(
      dialogs.map(async (dialog) => ({ dialog, answer: await dialog.open(this.#offerOf(dialog)) })),
    );
    const refused = opened.find((one) => one.status === 'rejected');
    if (refused) {
      // Who is asked next need not wait for the goodbye to a recorder, which may be gone.
      for (const dialog of dialogs) void dialog.hangUp().catch(() => {});
      throw refused.reason;
    }
    // Encoding takes its time: all is ready before the first packet leaves, or the parties would not begin together.
    const answered = opened.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const seconds = new Map(
      answered
        .filter(({ dialog }) => this.#others.includes(dialog))
        .flatMap(({ dialog, answer }) => this.#answeredParties(dialog, answer)),
    );
    const ready = answered
      .filter(({ dialog }) => this.#dialogs.includes(dialog))
      .flatMap(({ dialog, answer }) => this.#prepare(dialog, answer, seconds));
    const streams = this.#resources.sender.start(ready.map(({ options }) => options));
    for (const [index, { party }] of ready.entries()) party.stream = streams[index];
  }

  /** The streams of a dialog, encoded. */
  #prepare(
    dialog: MsrDialog,
    answer: readonly OfferedMedia[],
    seconds: ReadonlyMap<Party, OfferedMedia>,
  ): { party: Party; options: StreamOptions }[] {
    // Where another recorder has the same, what one of them ends goes on.
    if (this.#others.length === 0) this.#silenceWith(dialog);
    return this.#answeredParties(dialog, answer).flatMap(([party, media]) => {
      const chosen = media.formats.find(({ codec }) => party.formats.some((format) => format.codec === codec));
      if (!chosen) return [];
      const { plan = {}, audio, sequence, timestamp } = party.options;
      const { random } = this.#resources;
      const second = seconds.get(party);
      const options = {
        ssrc: party.ssrc,
        payloadType: chosen.payloadType,
        origin: {
          sequence: sequence ?? random.bytes(2).readUInt16BE(0),
          timestamp: timestamp ?? random.bytes(4).readUInt32BE(0),
          timestampUnitsPerSlot: payloadBytes,
        },
        payloads: payloadsOf(audio, chosen.codec),
        plan,
        transmitRate: this.#options.transmitRate ?? 1,
        from: party.port,
        to: this.#targetOf(media),
        ...(second && { also: this.#targetOf(second) }),
        ...this.#sealOf(party),
      };
      return [{ party, options }];
    });
  }

  #dialogsWith(recorder: MsrCallResources['recorder']): MsrDialog[] {
    const { agent, random } = this.#resources;
    const { recordId, callUuid } = this;
    const [first, second] = this.#parties as [Party, Party];
    const tenant = this.#options.tenant ?? { path: 'Environment', dbid: 1 };
    const sessionId = random.uuid().toUpperCase();
    const facts = { recordId, callUuid, tenant, sessionId, parties: [first, second] as const };
    return msrInvites(this.#options.form, facts, recorder).map((invite) => new MsrDialog(agent, invite));
  }

  /** What a recorder ends goes nowhere until another one has it: the parties speak on. */
  #silenceWith(dialog: MsrDialog): void {
    void dialog.ended.then(() => {
      if (!this.#dialogs.includes(dialog)) return;
      for (const index of dialog.invite.parties) this.#parties[index]!.stream?.hold(true);
    });
  }

  async #reoffer(): Promise<void> {
    this.#sdpVersion += 1;
    await Promise.all(
      this.#dialogs.map(async (dialog) => {
        const answer = await dialog.reoffer(this.#offerOf(dialog));
        for (const [party, media] of this.#answeredParties(dialog, answer)) {
          party.stream?.move(party.port, this.#targetOf(media));
        }
      }),
    );
  }

  #offerOf(dialog: MsrDialog): string {
    const streams = dialog.invite.parties.map((index) => {
      const { port, formats, keyAndSalt } = this.#parties[index]!;
      const { srtp: suite } = this.#options;
      const key = keyAndSalt?.toString('base64');
      const crypto = key === undefined ? {} : { crypto: `a=crypto:1 ${suite} inline:${key}` };
      return { ...port, formats, direction: this.#direction, ...crypto };
    });
    return msrOffer(this.#sdpSessionId, this.#sdpVersion, streams);
  }

  /** The parties whose m-line was not refused, with it. */
  #answeredParties(dialog: MsrDialog, answer: readonly OfferedMedia[]): [Party, OfferedMedia][] {
    return dialog.invite.parties.flatMap((index, line): [Party, OfferedMedia][] => {
      const media = answer[line];
      // An answer that does not say how packets are sealed accepts nothing that is (RFC 4568 §5.1.3).
      const isSealed = media?.cryptos?.[0]?.key.suite === this.#options.srtp;
      return media && media.port > 0 && isSealed ? [[this.#parties[index]!, media]] : [];
    });
  }

  #sealOf({ keyAndSalt }: Party): { readonly srtp?: SrtpSender } {
    const { srtp: suite } = this.#options;
    return suite === undefined ? {} : { srtp: new SrtpSender({ suite, keyAndSalt: keyAndSalt! }) };
  }

  #targetOf({ address, port, rtcpMux }: OfferedMedia): MediaTarget {
    return { address, port, ...(this.#options.senderReports && { reportPort: rtcpMux ? port : port + 1 }) };
  }
}

function formatNamed(codec: OfferedCodec): PayloadFormat & { readonly payloadType: number } {
  for (const [payloadType, format] of staticPayloadFormats)
    if (format.codec === codec) return { payloadType, ...format };
  throw new Error(`no static payload type for ${codec}`);
}

function callUuidFrom(random: Random): string {
  return Array.from(random.bytes(32), (byte) => '0123456789ABCDEFGHIJKLMNOPQRSTUV'[byte & 31]).join('');
}
