// What can be configured, as one schema: its types are the program's, its faults have the path of what is wrong. Data only: nothing is read here.
// Refuses unknown members, so that a misspelt limit is never none.
import { z } from 'zod';

/** Names are parts of addresses, subjects and metrics. */
export const NAME = /^[a-z][a-z0-9-]{0,62}$/;
/** Paths of the server itself. */
export const RESERVED_NAMES: readonly string[] = ['api', 'healthz', 'jobs', 'metrics', 'page', 'readyz'];

/** The name of a tenant. */
export const nameSchema = z.string().regex(NAME, 'a name is up to 63 of a-z, 0-9 and -, a letter first');
/** The name of a function. */
export const functionNameSchema = nameSchema.refine(
  (one) => !RESERVED_NAMES.includes(one),
  'the server itself has this name',
);
const count = z.int().nonnegative();
const positive = z.int().positive();
const milliseconds = z
  .number()
  .positive()
  .max(2 ** 31 - 1);

/** Limits of one call. What is absent is that of the server's `limits`. */
const limits = z.strictObject({
  fuel: positive.optional(),
  timeoutMs: milliseconds.optional(),
  memoryBytes: positive.optional(),
  stackBytes: positive.optional(),
  callDepth: positive.optional(),
  tableElements: count.optional(),
  openFiles: positive.optional(),
  outputBytes: count.optional(),
  hostCalls: count.optional(),
  /** Bytes of a request's body. */
  bodyBytes: count.optional(),
});

/** How the request gets in and the answer out. */
export const CONVENTIONS = ['stdio', 'cgi', 'extism', 'assemblyscript', 'pointer-length'] as const;
/** Those that run a program; the others call a function of a plugin. */
const PROGRAMS: readonly Convention[] = ['stdio', 'cgi'];
export type Convention = (typeof CONVENTIONS)[number];
export function isProgram(convention: Convention): boolean {
  return PROGRAMS.includes(convention);
}

const directory = z.strictObject({ path: z.string().min(1), readOnly: z.boolean().default(true) });

const definition = {
  /** Default: found out from the module. */
  convention: z.enum(CONVENTIONS).optional(),
  /** The export that is called, of a plugin. */
  call: z.string().min(1).optional(),
  /** Arguments of a program after its name. */
  args: z.array(z.string()).default([]),
  /** Environment variables of a program. */
  env: z.record(z.string(), z.string()).default({}),
  /** Directories of this machine, by the path that the guest sees. */
  directories: z.record(z.string(), directory).default({}),
  /** Settings of an Extism plugin. */
  config: z.record(z.string(), z.string()).default({}),
  limits: limits.default({}),
  mode: z.enum(['auto', 'interp', 'jit', 'host']).default('auto'),
  deterministic: z.boolean().default(false),
  /** Whether a program's answer is sent as it comes; otherwise when it has ended, which costs less. */
  stream: z.boolean().default(true),
  /** Who may call it. Default: every tenant. */
  tenants: z.array(nameSchema).optional(),
};

/** A plugin's convention goes with a function to call, a program's without one. */
function fits(
  { convention, call }: { readonly convention?: Convention | undefined; readonly call?: string | undefined },
  context: z.RefinementCtx,
): void {
  if (convention === undefined || isProgram(convention) === (call === undefined)) return;
  const message = isProgram(convention)
    ? `convention '${convention}' runs the program: it calls no function`
    : `convention '${convention}' calls a function: name it`;
  context.addIssue({ code: 'custom', path: ['call'], message });
}

/** A function without its module: what the API takes, and files beside a module. */
export const definitionSchema = z.strictObject(definition).superRefine(fits);
/** A function without its module. */
export type Definition = z.infer<typeof definitionSchema>;

const functionSchema = z.strictObject({ module: z.string().min(1), ...definition }).superRefine(fits);

/** What a tenant may use in each period; beyond it calls are refused until the next begins. */
const budget = z.strictObject({
  periodMs: positive.default(60_000),
  fuel: positive.optional(),
  calls: positive.optional(),
});
/** What a tenant may use in each period. */
export type BudgetConfig = z.infer<typeof budget>;

/** A tenant. */
export const tenantSchema = z.strictObject({
  /** SHA-256 of each key that it calls with, in hexadecimal digits. */
  keys: z.array(z.string().regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a key, 64 hexadecimal digits')).default([]),
  /** Its share beside those of others. */
  weight: z.number().positive().max(1_000).default(1),
  /** Calls that may wait. */
  queue: count.default(100),
  /** Calls that may run at once. */
  concurrency: positive.optional(),
  budget: budget.optional(),
});
/** A tenant as it is configured. */
export type TenantConfig = z.infer<typeof tenantSchema>;
/** Who calls without a key, where that is allowed. */
export const ANONYMOUS = 'anonymous';

const enclaves = z
  .strictObject({
    transport: z.enum(['worker', 'process']).default('worker'),
    /** Calls that run at once. Default: as many as the machine has processors. */
    size: positive.max(1_024).optional(),
    /** Enclaves kept ready besides. */
    spares: count.max(1_024).default(1),
    /** Calls after which one is replaced. */
    recycleAfter: positive.default(10_000),
    bubblewrap: z.boolean().default(false),
    heapMiB: positive.optional(),
  })
  .superRefine(({ transport, bubblewrap }, context) => {
    // A sandbox that is asked for and not there would be believed in.
    if (!bubblewrap || transport === 'process') return;
    context.addIssue({ code: 'custom', path: ['bubblewrap'], message: "it is for transport 'process'" });
  });

/** The broker that makes one server of many machines. */
const nats = z.strictObject({
  servers: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
  /** The file of this node's credentials. */
  credentials: z.string().min(1).optional(),
  user: z.string().optional(),
  password: z.string().optional(),
  tls: z
    .strictObject({ caFile: z.string().min(1), certFile: z.string().min(1), keyFile: z.string().min(1) })
    .partial()
    .transform((files) => {
      const given = Object.entries(files).filter(([, path]) => path !== undefined);
      return Object.fromEntries(given) as Record<string, string>;
    })
    .optional(),
  /** Copies of everything that is kept. */
  replicas: z.int().min(1).max(5).default(1),
  /** Parts that nodes reserve of a tenant's budget: several for each node. */
  budgetSlices: positive.max(1_000_000).default(64),
  jobs: z
    .strictObject({
      /** How often a job is begun that fails. */
      tries: positive.max(100).default(3),
      /** After so long without a sign of life a job is given to another node. */
      ackWaitMs: milliseconds.min(100).default(30_000),
      /** How long results and dead letters are kept. */
      keepMs: positive.default(86_400_000),
    })
    .prefault({}),
});
/** How the broker is reached and used. */
export type NatsConfig = z.infer<typeof nats>;

export const configSchema = z
  .strictObject({
    listen: z
      .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: z.int().min(0).max(65_535).default(8080) })
      .prefault({}),
    /** SHA-256 of the token for /api. Without it /api answers nobody. */
    adminKey: z
      .string()
      .regex(/^[0-9a-f]{64}$/, 'the SHA-256 of a token, 64 hexadecimal digits')
      .optional(),
    enclaves: enclaves.prefault({}),
    queue: z
      .strictObject({
        /** Calls that may wait, of all tenants. */
        limit: count.default(1_000),
        /** A call that would wait longer is refused at once. */
        maxWaitMs: milliseconds.default(10_000),
      })
      .prefault({}),
    /** Of every function that has none of its own. */
    limits: limits
      .extend({
        fuel: positive.default(10_000_000_000),
        timeoutMs: milliseconds.default(10_000),
        memoryBytes: positive.default(67_108_864),
        outputBytes: count.default(16_777_216),
        bodyBytes: count.default(16_777_216),
      })
      .prefault({}),
    /** By name. Default: everyone is the tenant `anonymous`. */
    tenants: z.record(nameSchema, tenantSchema).default({ [ANONYMOUS]: tenantSchema.parse({}) }),
    /** By name. */
    functions: z.record(functionNameSchema, functionSchema).default({}),
    /** A folder of modules: each is a function of its name. */
    folder: z.string().min(1).optional(),
    nats: nats.optional(),
    /** How long calls that run have when the server is told to end. */
    drainMs: milliseconds.default(30_000),
    logLevel: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  })
  .superRefine(({ tenants, functions }, context) => {
    for (const [one, { keys }] of Object.entries(tenants)) {
      if (keys.length > 0 || one === ANONYMOUS) continue;
      context.addIssue({
        code: 'custom',
        path: ['tenants', one, 'keys'],
        message: `a tenant other than '${ANONYMOUS}' has a key`,
      });
    }
    for (const [one, { tenants: allowed = [] }] of Object.entries(functions)) {
      for (const [k, wanted] of allowed.entries()) {
        if (Object.hasOwn(tenants, wanted)) continue;
        context.addIssue({
          code: 'custom',
          path: ['functions', one, 'tenants', k],
          message: `there is no tenant '${wanted}'`,
        });
      }
    }
  });
/** The whole configuration, defaults filled in. */
export type Config = z.infer<typeof configSchema>;
export type Limits = Config['limits'];
