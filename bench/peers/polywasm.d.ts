// What the measurements use of polywasm, which publishes no types.
declare module 'polywasm' {
  export const WebAssembly: {
    readonly Module: new (bytes: Uint8Array) => unknown;
    readonly Instance: new (module: unknown) => { readonly exports: Record<string, unknown> };
  };
}
