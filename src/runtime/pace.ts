// A look at the clock from loops whose length a module decides. Refuses nothing by itself: what look() throws ends the loop.

/** Things made between two looks: some tenths of a millisecond. */
const PER_LOOK = 256;

/** To be called for each thing that is made: calls look() now and then, not the first time. */
export function paced(look: () => void): () => void {
  let left = PER_LOOK;
  return () => {
    if (--left > 0) return;
    left = PER_LOOK;
    look();
  };
}
