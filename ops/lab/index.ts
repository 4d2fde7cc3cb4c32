export { type Lab, type LabOptions, startLab } from './lab.io.ts';
export { labDns, labOptions, labSite, labUser, msmlServiceDn, recordingProfile } from './site.ts';
