// From the configuration of a node to the options of its keeper and of the keeper's children. Apart from the keeper's other parts, since
// these processes must not load the configuration to start: what they take longer is missing in calls.

import { join } from 'node:path';
import { type Config, type Layout, sipListenersOf } from '#src/config';

/** The options of the keeper process, as `keeperOptionsSchema` reads them. */
export function keeperOptionsOf(config: Config, layout: Layout): object {
  const { node, sip, edge, capture, recorder, logging } = config;
  const logLevel = logging.level;
  const { address, portMin, portMax, ...journal } = capture;
  const { host, port, secret } = edge;
  return {
    node,
    runDir: layout.runDir,
    keysDir: layout.keysDir,
    logLevel,
    ...(edge.embedded && {
      sip: { listeners: sipListenersOf(sip) },
      edge: {
        options: {
          application: { host, port, secret },
          journal: { folder: layout.edgeJournalDir, keysDir: layout.edgeKeysDir },
          ...tlsOf(sip),
          logLevel,
        },
      },
    }),
    rtp: { address, portMin, portMax, pairsMax: recorder.streamsMax + capture.readyPairs },
    capture: {
      options: {
        ...journal,
        journalFolder: layout.captureJournalDir,
        publicKeyFile: join(layout.keysDir, 'journal-public.pem'),
        controlSocket: layout.captureSocket,
        streamsMax: recorder.streamsMax,
        logLevel,
      },
    },
  };
}

function tlsOf(sip: Config['sip']): object {
  const { tlsCertificateFile: certificateFile, tlsKeyFile: keyFile, tlsAuthoritiesFile: authoritiesFile } = sip;
  return certificateFile === undefined
    ? {}
    : { tls: { certificateFile, keyFile, authoritiesFile, mutual: sip.tlsMutual } };
}
