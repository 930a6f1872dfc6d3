// Regular checkpoints in loops whose length a module determines. Refuses nothing itself: what the checkpoint throws ends the loop.

/** The number of iterations between two checkpoints: some tenths of a millisecond. */
const THINGS_PER_CHECKPOINT = 256;

/** Returns a function to be called once per iteration. It calls `checkpoint` regularly, but not the first time. */
export function paced(checkpoint: () => void): () => void {
  let left = THINGS_PER_CHECKPOINT;
  return () => {
    if (--left > 0) return;
    left = THINGS_PER_CHECKPOINT;
    checkpoint();
  };
}
