export { type Lab, type LabOptions, startLab } from './lab.io.ts';
export { labDns, labUser } from './site.ts';
