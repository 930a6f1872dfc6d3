// proc_raise: gone from the later headers, still among the 45 calls of the first. A host may refuse any signal;
// an unknown one is an error, and none of these may harm the host.
#include "check.h"

__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise"))) int32_t proc_raise(int32_t signal);

TEST("proc_raise") {
  WANT(proc_raise(0), SUCCESS, INVAL, NOSYS, NOTSUP);
  WANT(proc_raise(31), INVAL, NOSYS, NOTSUP);
  WANT(proc_raise(255), INVAL, NOSYS, NOTSUP);
}
