// The tenants of every run: both have the same numbers.

export const tenantNames = ['acme', 'umbra'] as const;

/** Watched; of these all but the last one are recorded. */
export const watchedDns = ['1001', '1002', '1003', '1004', '1005', '1099'] as const;
export const recordedDns = watchedDns.slice(0, -1);

/** As the configuration server numbers it. */
export function tenantNumber(tenant: string): number {
  return 101 + tenantNames.findIndex((one) => one === tenant);
}
