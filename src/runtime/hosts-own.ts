// The key under which an object that stands in for the JavaScript engine's own `WebAssembly` keeps that one, so that the mode that runs on it still
// finds it. Several copies of this package have the same key.
export const HOSTS_OWN: symbol = /* @__PURE__ */ Symbol.for("enclasm: the host's own WebAssembly");
