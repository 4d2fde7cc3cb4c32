export { type Lab, type LabOptions, type LabTenant, startLab } from './lab.io.ts';
export { labDns, labOptions, labSite, labUser, msmlServiceDn, otherTenant, recordingProfile } from './site.ts';
