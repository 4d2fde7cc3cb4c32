// An agent's desktop: a T-Lib client for one DN that performs what the agent asks for and tells what happens there.

import {
  type LinkState,
  listOf,
  privateMessages,
  type RequestAttributes,
  type RequestName,
  recordingExtensions,
  type TLibEvent,
  TLibLink,
  workModes,
} from '#src/cti';
import { TwinreelError } from '#src/errors';
import { type Clock, systemClock } from '#src/ports';
import { type ClientTls, type Endpoint, textOfEndpoint } from '#src/wire';
import { type Desk, type DeskCall, type DeskCallPhase, newDesk, withEvent, withState } from './desk.core.ts';
import type { DeskCommand, RecordCommand } from './desk-command.ts';

export interface DesktopOptions {
  readonly dn: string;
  /** Primary first, then backup. */
  readonly servers: readonly Endpoint[];
  readonly tls?: ClientTls;
  /** How the telephony server knows us. */
  readonly client: { readonly name: string; readonly password?: string };
  readonly clock?: Clock;
}

export interface DesktopListener {
  /** An event of the DN, and the desk before and after it. */
  event(event: TLibEvent, before: Desk, after: Desk): void;
  /** The desk, as the server described it when it was asked. */
  described(desk: Desk): void;
  link(text: string): void;
  fault(error: TwinreelError): void;
}

const heardMax = 1_000;
const openMsMax = 10_000;

export class AgentDesktop {
  readonly #link: TLibLink;
  readonly #clock: Clock;
  #desk: Desk;
  /** Events that nobody has waited for yet. */
  #heard: string[] = [];
  #waiting: ((name: string) => void) | undefined;

  private constructor({ dn, servers, tls, client, clock = systemClock }: DesktopOptions, listener: DesktopListener) {
    this.#desk = newDesk(dn);
    this.#clock = clock;
    const options = { servers, client, clock, reconnectMs: 1_000, ...(tls && { tls }) };
    this.#link = new TLibLink(options, {
      event: (event) => this.#hear(event, listener),
      dnState: (state) => {
        this.#desk = withState(this.#desk, state);
        listener.described(this.#desk);
      },
      link: (state) => listener.link(linkText(state)),
      settled: () => {},
      fault: (error) => listener.fault(error),
    });
  }

  /** Resolves when the DN is registered. Rejects with what the server says against it, or `cti-timed-out`; nothing is left open. */
  static async open(options: DesktopOptions, listener: DesktopListener): Promise<AgentDesktop> {
    const { clock = systemClock, dn } = options;
    return new Promise((resolve, reject) => {
      const refuse = (error: TwinreelError) => {
        patience.cancel();
        desktop.close();
        reject(error);
      };
      const late = new TwinreelError('cti-timed-out', `DN ${dn} is not registered within ${openMsMax / 1_000} s`);
      const patience = clock.after(openMsMax, () => refuse(late));
      const desktop = new AgentDesktop(options, {
        ...listener,
        event: (...told) => listener.event(...told),
        link: (text) => listener.link(text),
        described(desk) {
          patience.cancel();
          listener.described(desk);
          resolve(desktop);
        },
        fault(error) {
          listener.fault(error);
          if (error.code === 'cti-refused') refuse(error);
        },
      });
      desktop.#link.watch([dn]);
      desktop.#link.open();
    });
  }

  get desk(): Desk {
    return this.#desk;
  }

  /**
   * Performs a command; resolves when the server has accepted it. Rejects with `desktop-call-missing`, `desktop-wait-over`, or as
   * {@link TLibLink.request} does. `show`, `help` and `quit` are not its business.
   */
  async perform(command: Exclude<DeskCommand, { readonly command: 'show' | 'help' | 'quit' }>): Promise<void> {
    const { dn } = this.#desk;
    const ThisDN = dn;
    switch (command.command) {
      case 'login': {
        const { agentId: AgentID, queue: ThisQueue } = command;
        return this.#ask('RequestAgentLogin', { ThisDN, AgentID, ...(ThisQueue !== undefined && { ThisQueue }) });
      }
      case 'logout':
        return this.#ask('RequestAgentLogout', { ThisDN });
      case 'ready':
        return this.#ask('RequestAgentReady', { ThisDN });
      case 'not-ready':
        return this.#ask('RequestAgentNotReady', { ThisDN });
      case 'acw':
        return this.#ask('RequestAgentNotReady', { ThisDN, AgentWorkMode: workModes.afterCallWork });
      case 'call':
        return this.#ask('RequestMakeCall', { ThisDN, OtherDN: command.to });
      case 'answer':
        return this.#ask('RequestAnswerCall', this.#party(command, ['ringing', 'dialing']));
      case 'release':
        return this.#ask('RequestReleaseCall', this.#party(command, ['talking', 'dialing', 'held', 'ringing']));
      case 'hold':
        return this.#ask('RequestHoldCall', this.#party(command, ['talking']));
      case 'retrieve':
        return this.#ask('RequestRetrieveCall', this.#party(command, ['held']));
      case 'reconnect':
        return this.#ask('RequestReconnectCall', this.#consultation(command));
      case 'transfer':
        return this.#ask('RequestSingleStepTransfer', { ...this.#party(command, up), OtherDN: command.to });
      case 'consult':
        return this.#ask('RequestInitiateTransfer', { ...this.#party(command, up), OtherDN: command.to });
      case 'join':
        return this.#ask('RequestSingleStepConference', { ...this.#party(command, up), OtherDN: command.to });
      case 'complete': {
        const request = command.how === 'transfer' ? 'RequestCompleteTransfer' : 'RequestCompleteConference';
        return this.#ask(request, this.#consultation(command));
      }
      case 'attach':
        return this.#ask('RequestAttachUserData', { ...this.#party(command, any), UserData: listOf(command.data) });
      case 'detach':
        return this.#ask('RequestDeletePair', { ...this.#party(command, any), DataKey: command.key });
      case 'record': {
        const start = command.what === 'start' ? { Extensions: recordingExtensions({ record: 'source' }) } : {};
        const party = this.#party(command, up);
        const PrivateMsgID = privateMessageOf[command.what];
        return this.#ask('RequestPrivateService', { ...party, PrivateMsgID, ...start });
      }
      case 'user-event':
        return this.#ask('RequestDistributeUserEvent', { ThisDN, UserData: listOf(command.data) });
      case 'wait':
        return this.#wait(command.event, command.seconds);
    }
  }

  close(): void {
    this.#link.close();
  }

  async #ask<Name extends RequestName>(request: Name, attributes: RequestAttributes<Name>): Promise<void> {
    await this.#link.request(request, attributes);
  }

  /** The call that is named, or the latest one in a phase that suits, the first phase first. */
  #party(command: { readonly call?: number }, phases: readonly DeskCallPhase[]) {
    const { dn, calls } = this.#desk;
    const suits = (phase: DeskCallPhase) => calls.findLast((call) => call.phase === phase);
    const found =
      command.call === undefined
        ? phases.map(suits).find((call) => call !== undefined)
        : calls.find(({ number }) => number === command.call);
    if (!found) throw this.#missing(command.call, phases.join(' or '));
    return { ThisDN: dn, ConnID: found.connId };
  }

  #consultation({ call: number }: { readonly call?: number }) {
    const isOne = (call: DeskCall) => (number === undefined ? call.about !== undefined : call.number === number);
    const found = this.#desk.calls.findLast(isOne);
    if (!found) throw this.#missing(number, 'a consultation');
    return { ThisDN: this.#desk.dn, ConnID: found.connId };
  }

  #missing(number: number | undefined, wanted: string): TwinreelError {
    const there = this.#desk.calls.map((call) => `#${call.number} ${call.phase}`).join(', ') || 'none';
    const text = number === undefined ? `no call that is ${wanted}` : `no call #${number}`;
    return new TwinreelError('desktop-call-missing', `${text}; there are: ${there}`, { dn: this.#desk.dn });
  }

  #hear(event: TLibEvent, listener: DesktopListener): void {
    const before = this.#desk;
    this.#desk = withEvent(before, event);
    listener.event(event, before, this.#desk);
    const name = event.message === 'unknown' ? event.name : event.message;
    if (this.#waiting) this.#waiting(name);
    else this.#heard = [...this.#heard, name].slice(-heardMax);
  }

  async #wait(event: string, seconds: number): Promise<void> {
    const isIt = (name: string) => [`event${event}`, event].some((one) => one.toLowerCase() === name.toLowerCase());
    const at = this.#heard.findIndex(isIt);
    this.#heard = at < 0 ? [] : this.#heard.slice(at + 1);
    if (at >= 0) return;
    await new Promise<void>((resolve, reject) => {
      const patience = this.#clock.after(1_000 * seconds, () => {
        this.#waiting = undefined;
        reject(new TwinreelError('desktop-wait-over', `no ${event} within ${seconds} s`, { event }));
      });
      this.#waiting = (name) => {
        if (!isIt(name)) return;
        this.#waiting = undefined;
        patience.cancel();
        resolve();
      };
    });
  }
}

const up: readonly DeskCallPhase[] = ['talking', 'held'];
const any: readonly DeskCallPhase[] = ['talking', 'held', 'ringing', 'dialing'];

const privateMessageOf: Readonly<Record<RecordCommand, number>> = {
  start: privateMessages.GSIP_RECORD_START,
  stop: privateMessages.GSIP_RECORD_STOP,
  pause: privateMessages.GSIP_RECORD_PAUSE,
  resume: privateMessages.GSIP_RECORD_RESUME,
};

function linkText(state: LinkState): string {
  if (state.phase === 'down') return `link ${state.standing.phase}`;
  return `link to ${textOfEndpoint(state.server)}, switch ${state.switchLink}`;
}
