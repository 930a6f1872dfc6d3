// What observed code tells: the functions that it enters and leaves, and the places that it reaches. Code of other instances has none of these
// operations.
import { type Handler, word } from './handler.js';

const observeEnter: Handler = ({ instance }, pc) => {
  instance.observation!.enter(word(pc, 1));
  return pc + 2;
};
const observeLeave: Handler = ({ instance }, pc) => {
  instance.observation!.leave(word(pc, 1));
  return pc + 2;
};
const observePlace: Handler = ({ instance }, pc) => {
  instance.observation!.reach(word(pc, 1));
  return pc + 2;
};

export const OBSERVE_HANDLERS = {
  observe_enter: observeEnter,
  observe_leave: observeLeave,
  observe_place: observePlace,
} as const satisfies Record<string, Handler>;
