export { type CallEnd, placeCall } from './calls.io.ts';
export { type ClusterNode, Nodes, type NodesOptions } from './nodes.io.ts';
