export { freePort, isUdpPortFree } from './free-port.io.ts';
export { type ManagedProcess, ProcessManager, root } from './process-manager.io.ts';
export { isRunning, managedProcess, type ProcessOfHome, processesOfHome } from './processes-of-home.io.ts';
export { prepareSettings, type StartSettings } from './settings.io.ts';
