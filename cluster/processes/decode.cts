// What Bull loads in a child process to do a job: it takes CommonJS only, so this does no more than to hand it on.

module.exports = async (job: { readonly data: unknown; progress(share: number): unknown }): Promise<void> => {
  const { decode } = await import('./decoding.ts');
  await decode(job as Parameters<typeof decode>[0]);
};
