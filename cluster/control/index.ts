export {
  askControlSocket,
  type ControlCodes,
  type ControlHandler,
  type ControlReply,
  serveControlSocket,
} from './control-socket.io.ts';
