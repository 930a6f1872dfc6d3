// A module's bytes: decoded, validated, printed, and the specification's types that describe what is in them. Re-exports only.
export { type BranchHint, readBranchHints } from '../binary/branch-hints.js';
export { type DecodeOptions, decode } from '../binary/decode.js';
export { functionName } from '../binary/name-section.js';
export { type PackageType, packageType } from '../embed/module/wasm-module.js';
export { print } from '../text/print.js';
export { type ValidateOptions, validate } from '../validate/validate.js';
export { FEATURES, type Feature, type FeatureSet } from '../wasm/features.js';
export type {
  ConstExpr,
  CustomSection,
  DataSegment,
  ElementSegment,
  Export,
  ExternKind,
  FunctionBody,
  FunctionInfo,
  Global,
  Import,
  ImportDescription,
  LocalRun,
  Module,
  RecGroup,
  Section,
  SegmentMode,
  Span,
  Table,
  ValidatedModule,
} from '../wasm/module.js';
export { typeName } from '../wasm/type-names.js';
export type {
  AddressType,
  ArrayType,
  CompositeType,
  FieldType,
  FuncType,
  GlobalType,
  HeapType,
  Limits,
  MemoryType,
  StorageType,
  StructType,
  SubType,
  TableType,
  TagType,
  ValType,
} from '../wasm/types.js';
