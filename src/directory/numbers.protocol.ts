// What the configuration server's numbers mean, as far as Twinreel looks at them.

export const objectStates = { enabled: 1, disabled: 2, deleted: 3 } as const;

export const dnTypes = {
  extension: 1,
  acdPosition: 2,
  acdQueue: 3,
  routingPoint: 4,
  virtualAcdQueue: 5,
  virtualRoutingPoint: 6,
  /** EAPort to the configuration server; the guide calls it so. */
  voiceTreatmentPort: 7,
  trunk: 14,
  trunkGroup: 15,
  routingQueue: 22,
  voip: 25,
  voipService: 29,
} as const;

export const applicationTypes = {
  tServer: 1,
  mediaControlPlatform: 145,
  resourceManager: 149,
  resourceAccessPoint: 156,
} as const;

export const switchTypes = { sip: 72, sipNetwork: 75 } as const;
