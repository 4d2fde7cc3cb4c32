export { type Lab, type LabOptions, startLab } from './lab.io.ts';
export { labDns, labOptions, labUser, msmlServiceDn, recordingProfile } from './site.ts';
