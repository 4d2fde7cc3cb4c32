// Which bytes of a file somebody asks for: RFC 9110 §14. One range at a time; players want no more.

/** `whole` also where a Range header says nothing we know: it may be ignored (§14.2). */
export type ByteRange =
  | { readonly phase: 'whole' }
  | { readonly phase: 'part'; readonly from: number; readonly to: number }
  | { readonly phase: 'unsatisfiable' };

/** `header` as it came, for a file of `bytes`. Both ends of a part are included. */
export function rangeOf(header: string | undefined, bytes: number): ByteRange {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '') ?? [];
  if (first === undefined || last === undefined || (first === '' && last === '')) return { phase: 'whole' };
  if (first === '') {
    const wanted = Math.min(Number(last), bytes);
    return wanted === 0 ? { phase: 'unsatisfiable' } : { phase: 'part', from: bytes - wanted, to: bytes - 1 };
  }
  const from = Number(first);
  const to = last === '' ? bytes - 1 : Math.min(Number(last), bytes - 1);
  if (last !== '' && Number(last) < from) return { phase: 'whole' };
  return from >= bytes ? { phase: 'unsatisfiable' } : { phase: 'part', from, to };
}
