export {
  type LinkAnswer,
  type LinkArgs,
  type LinkFigures,
  type LinkMessage,
  type LinkReport,
  link,
} from './link.actor.ts';
