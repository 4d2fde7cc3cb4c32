export { type Desk, type DeskCall, newDesk, recordingOf, withEvent, withState } from './desk.core.ts';
export { type DeskCommand, deskHelp, parseDeskCommand } from './desk-command.ts';
export { callText, deskText, eventText } from './desk-text.ts';
export { AgentDesktop, type DesktopListener, type DesktopOptions } from './desktop.io.ts';
