// Has calls recorded as a recording client does: an INVITE with metadata, a stream of each party, a BYE. Knows nothing of the
// recorder but its address, and of the call only what it is told.

import { startEndpoint } from '#ops/lab/endpoint';
import { type Audio, MediaSender, MsrDialog, payloadBytes, payloadsOf } from '#ops/lab/msr-source';
import { type Clock, type Random, systemClock, systemRandom } from '#src/ports';
import { contentType, labelledOffer, recordingBody, sessionMetadata, type ToldParty } from './session-metadata.ts';

export interface SiprecClientOptions {
  readonly recorder: { readonly address: string; readonly port: number };
  readonly clock?: Clock;
  readonly random?: Random;
}

export interface SiprecParty extends ToldParty {
  readonly audio: Audio;
}

/** A call that is being recorded. */
export interface SiprecCall {
  readonly sipSessionId: string;
  /** Stops the audio, and ends the recording with BYE. */
  hangUp(): Promise<void>;
}

export interface SiprecClient {
  /** Resolves when the recorder has answered and the parties speak. Rejects with `msr-call-refused`. */
  record(parties: readonly SiprecParty[]): Promise<SiprecCall>;
  /** Is gone at once. */
  close(): Promise<void>;
}

const address = '127.0.0.1';

/** Starts a client on free ports of loopback. */
export async function startSiprecClient(options: SiprecClientOptions): Promise<SiprecClient> {
  const { recorder, clock = systemClock, random = systemRandom } = options;
  const endpoint = await startEndpoint({ address, port: 0, clock, random, log: () => {} });
  const sender = await MediaSender.open(address, clock);
  return {
    async record(parties) {
      const ports = await Promise.all(parties.map(() => sender.openPort()));
      const sipSessionId = random.bytes(16).toString('hex');
      const dialog = new MsrDialog(endpoint.agent, {
        requestUri: `sip:srs@${recorder.address}:${recorder.port}`,
        headers: {
          // The SIP stack puts its own address in place of `localhost`.
          From: '<sip:client@localhost>',
          To: `<sip:srs@${recorder.address}:${recorder.port}>`,
          Contact: '<sip:client@localhost>;+sip.src',
          Require: 'siprec',
          'Content-Type': contentType,
        },
        parties: parties.map((_, index) => index),
      });
      const offer = labelledOffer(random.bytes(4).readUInt32BE(0), ports);
      const answer = await dialog.open(recordingBody(offer, sessionMetadata(parties, sipSessionId)));
      const accepted = parties.flatMap(({ audio }, index) => {
        const media = answer[index];
        return media && media.port > 0 ? [{ audio, from: ports[index]!, to: media }] : [];
      });
      const streams = sender.start(
        accepted.map(({ audio, from, to }) => ({
          ssrc: random.bytes(4).readUInt32BE(0),
          payloadType: 0,
          origin: {
            sequence: random.bytes(2).readUInt16BE(0),
            timestamp: random.bytes(4).readUInt32BE(0),
            timestampUnitsPerSlot: payloadBytes,
          },
          payloads: payloadsOf(audio, 'PCMU'),
          plan: {},
          transmitRate: 1,
          from,
          to: { address: to.address, port: to.port },
        })),
      );
      return {
        sipSessionId,
        async hangUp() {
          for (const stream of streams) stream.stop();
          await dialog.hangUp();
          for (const port of ports) sender.closePort(port);
        },
      };
    },
    async close() {
      await sender.close();
      await endpoint.close();
    },
  };
}
