// The package: the server for programs that start it themselves, and how its configuration is read. Re-exports only.
export { ConfigError, checked, type Fault } from './config/config-error.js';
export { loadConfig } from './config/load.js';
export { type Config, configSchema } from './config/schema.js';
export { type ServeOptions, Server } from './server.js';
