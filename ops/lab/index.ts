export { type Lab, type LabOptions, type LabTenant, startLab } from './lab.io.ts';
export { labDns, labOptions, labSite, labTenant, labUser, msmlServiceDn, recordingProfile } from './site.ts';
