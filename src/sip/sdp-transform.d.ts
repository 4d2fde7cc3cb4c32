// What this project uses of sdp-transform 3.0.0, which ships no types. Numbers that cannot be read come as NaN or text.
declare module 'sdp-transform' {
  export interface RawMedia {
    readonly type: string;
    readonly port: number;
    readonly protocol: string;
    readonly payloads?: string | number;
    readonly connection?: { readonly version: number; readonly ip: string };
    readonly direction?: string;
    readonly label?: string | number;
    readonly rtcp?: { readonly port: number; readonly address?: string };
    readonly rtcpMux?: string;
    readonly rtp: readonly {
      readonly payload: number;
      readonly codec: string;
      readonly rate?: number;
      readonly encoding?: number;
    }[];
    readonly fmtp: readonly { readonly payload: number; readonly config: string }[];
  }
  export interface RawDescription {
    readonly origin?: {
      readonly sessionId: string | number;
      readonly sessionVersion: number;
      readonly address: string;
    };
    readonly connection?: { readonly version: number; readonly ip: string };
    readonly direction?: string;
    readonly media: readonly RawMedia[];
  }
  export function parse(text: string): RawDescription;
}
