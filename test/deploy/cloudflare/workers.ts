import { randomUUID } from 'node:crypto'
import { Answer, type Call, formOf, jsonOf, Refusal, type Routes } from './api.ts'
import type { D1 } from './d1.ts'
import type { Kv } from './kv.ts'

export interface Binding {
  name: string
  type: string
  [property: string]: unknown
}

/** What wrangler says of an upload, as far as it is looked at. */
export interface Metadata {
  main_module?: string
  compatibility_date?: string
  bindings: Binding[]
  keep_bindings?: string[]
  migrations?: { old_tag?: string; new_tag: string; steps: { new_sqlite_classes?: string[] }[] }
  annotations?: Record<string, string>
  assets?: { jwt: string }
  [property: string]: unknown
}

interface Version {
  id: string
  metadata: Metadata
}

export interface Script {
  secrets: Map<string, string>
  versions: Version[]
  /** The id of the version that serves. */
  deployed: string
  migration_tag?: string | undefined
  classes: Set<string>
  subdomain: { enabled: boolean; previews_enabled: boolean }
  crons: string[]
}

const SUBDOMAIN = 'rehearsal'
const MIN_KEY_BYTES = 32 // of src/auth/tokens.ts

/** Workers: uploads and their versions, secrets, addresses, schedules, static files. */
export class Workers {
  readonly scripts = new Map<string, Script>()
  readonly #d1: D1
  readonly #kv: Kv
  readonly #assets = new Set<string>()
  readonly #sessions = new Map<string, string[]>()

  constructor(d1: D1, kv: Kv) {
    this.#d1 = d1
    this.#kv = kv
  }

  readonly routes: Routes = {
    'GET /accounts/:account/workers/services/:script': (call) => {
      const { migration_tag } = this.#script(call, 10090)
      const script = {
        id: call.params['script'],
        tag: 'tag',
        tags: [],
        migration_tag,
        last_deployed_from: 'wrangler',
      }
      return { default_environment: { environment: 'production', script } }
    },
    'GET /accounts/:account/workers/scripts/:script/settings': (call) => {
      return { bindings: serving(this.#script(call)).metadata.bindings }
    },
    'PATCH /accounts/:account/workers/scripts/:script/script-settings': (call) => jsonOf(call),

    'PUT /accounts/:account/workers/scripts/:script': async (call) => {
      const name = call.params['script']!
      const metadata = await this.#checked(call, this.scripts.get(name))
      const script = this.scripts.get(name) ?? emptyScript()
      this.scripts.set(name, script)
      script.migration_tag = metadata.migrations?.new_tag ?? script.migration_tag
      for (const step of metadata.migrations?.steps ?? [])
        for (const added of step.new_sqlite_classes ?? []) script.classes.add(added)
      const { id } = addVersion(script, metadata)
      script.deployed = id
      return { id: name, deployment_id: id.replaceAll('-', ''), startup_time_ms: 10 }
    },
    'POST /accounts/:account/workers/scripts/:script/versions': async (call) => {
      const script = this.#script(call)
      const { id } = addVersion(script, await this.#checked(call, script))
      return { id, startup_time_ms: 10, resources: { script: { etag: 'etag' } } }
    },
    'GET /accounts/:account/workers/scripts/:script/versions/:version': (call) => {
      const version = this.#script(call).versions.find(({ id }) => id === call.params['version'])
      if (!version) throw new Refusal(404, 10009, 'Version not found')
      const { annotations, bindings } = version.metadata
      const resources = { bindings, script: { etag: 'etag', handlers: ['fetch'] }, script_runtime: {} }
      return { id: version.id, number: 1, metadata: {}, annotations, resources }
    },
    'GET /accounts/:account/workers/scripts/:script/deployments': (call) => {
      const versions = [{ version_id: this.#script(call).deployed, percentage: 100 }]
      return { deployments: [{ id: 'deployment', strategy: 'percentage', versions }] }
    },
    'POST /accounts/:account/workers/scripts/:script/deployments': (call) => {
      const [version] = (jsonOf(call) as { versions: { version_id: string }[] }).versions
      this.#script(call).deployed = version!.version_id
      return { id: 'deployment' }
    },

    'GET /accounts/:account/workers/scripts/:script/secrets': (call) =>
      [...this.#script(call).secrets.keys()].map((name) => ({ name, type: 'secret_text' })),
    'PUT /accounts/:account/workers/scripts/:script/secrets': (call) => {
      const { name, text } = jsonOf(call) as { name: string; text: string }
      this.#script(call).secrets.set(name, text)
      return { name, type: 'secret_text' }
    },

    'GET /accounts/:account/workers/subdomain': () => ({ subdomain: SUBDOMAIN }),
    'GET /accounts/:account/workers/workers/:script': (call) => {
      return { name: call.params['script'], subdomain: this.#script(call).subdomain }
    },
    'POST /accounts/:account/workers/scripts/:script/subdomain': (call) => {
      const script = this.#script(call)
      script.subdomain = jsonOf(call) as Script['subdomain']
      return script.subdomain
    },
    'PUT /accounts/:account/workers/scripts/:script/schedules': (call) => {
      const schedules = jsonOf(call) as { cron: string }[]
      this.#script(call).crons = schedules.map(({ cron }) => cron)
      return { schedules }
    },

    'POST /accounts/:account/workers/scripts/:script/assets-upload-session': (call) => {
      const { manifest } = jsonOf(call) as { manifest: Record<string, { hash: string }> }
      const hashes = [...new Set(Object.values(manifest).map(({ hash }) => hash))]
      const missing = hashes.filter((hash) => !this.#assets.has(hash))
      return { jwt: this.#openSession(hashes), buckets: missing.length > 0 ? [missing] : [] }
    },
    'POST /accounts/:account/workers/assets/upload': async (call) => {
      const hashes = this.#sessions.get(call.token)
      if (!hashes) throw new Refusal(401, 10000, 'Authentication error')
      for (const hash of (await formOf(call)).keys()) this.#assets.add(hash)
      return new Answer({ jwt: this.#openSession(hashes) }, {}, 201)
    },
  }

  /** A Worker with nothing but secrets, as `wrangler secret put` makes it, unless it was bound to something. */
  createDraft(name: string, secrets: Record<string, string>, bindings: Binding[] = []): void {
    const script = { ...emptyScript(), secrets: new Map(Object.entries(secrets)) }
    script.deployed = addVersion(script, { main_module: name, bindings }).id
    this.scripts.set(name, script)
  }

  /** What serves under a name: what was uploaded and deployed last. */
  servingMetadata(name: string): Metadata {
    return serving(this.scripts.get(name)!).metadata
  }

  /** What `GET /api/health/` of a deployed shop answers: it refuses to work with a short key. */
  health(name: string): Response {
    const script = this.scripts.get(name)
    if (!script?.subdomain.enabled) return new Response('There is nothing here yet', { status: 404 })
    if (Buffer.byteLength(script.secrets.get('JWT_SECRET') ?? '') >= MIN_KEY_BYTES)
      return Response.json({ status: 'ok' })
    const headers = { 'Content-Type': 'application/problem+json' }
    return Response.json({ status: 500, code: 'internal_error' }, { status: 500, headers })
  }

  #script({ params }: Call, code = 10007): Script {
    const script = this.scripts.get(params['script']!)
    if (!script) throw new Refusal(404, code, 'This Worker does not exist on your account.')
    return script
  }

  /** Refuses what Cloudflare would. Bindings that are inherited or kept come from the version that serves. */
  async #checked(call: Call, script: Script | undefined): Promise<Metadata> {
    const form = await formOf(call)
    const part = form.get('metadata')!
    const metadata = JSON.parse(typeof part === 'string' ? part : await part.text()) as Metadata
    if (!form.has(metadata.main_module!)) throw new Refusal(400, 10021, 'There is no main module.')
    const before = script ? serving(script).metadata.bindings : []
    const bindings = metadata.bindings.map((binding) => {
      const inherited = binding.type === 'inherit' && before.find(({ name }) => name === binding.name)
      return inherited || binding
    })
    const { old_tag, steps = [] } = metadata.migrations ?? {}
    if (metadata.migrations && old_tag !== script?.migration_tag)
      throw new Refusal(412, 10079, `The migration tag is ${script?.migration_tag}, not ${old_tag}.`)
    const classes = new Set([
      ...(script?.classes ?? []),
      ...steps.flatMap((step) => step.new_sqlite_classes ?? []),
    ])
    for (const binding of bindings) {
      const known =
        binding.type === 'd1'
          ? this.#d1.has(binding['id'])
          : binding.type === 'kv_namespace'
            ? this.#kv.titleOf(binding['namespace_id']) !== undefined
            : binding.type === 'durable_object_namespace'
              ? classes.has(String(binding['class_name']))
              : binding.type !== 'inherit'
      if (!known)
        throw new Refusal(400, 10021, `The binding ${binding.name} (${binding.type}) leads nowhere.`)
    }
    return { ...metadata, bindings }
  }

  /** A token of an upload; wrangler reads when it expires. */
  #openSession(hashes: string[]): string {
    const payload = JSON.stringify({ exp: Math.floor(Date.now() / 1000) + 3600, id: randomUUID() })
    const token = ['{}', payload, 'signature']
      .map((text) => Buffer.from(text).toString('base64url'))
      .join('.')
    this.#sessions.set(token, hashes)
    return token
  }
}

function emptyScript(): Script {
  const subdomain = { enabled: false, previews_enabled: false }
  return { secrets: new Map(), versions: [], deployed: '', classes: new Set(), subdomain, crons: [] }
}

function addVersion(script: Script, metadata: Metadata): Version {
  const version = { id: randomUUID(), metadata }
  script.versions.push(version)
  return version
}

function serving(script: Script): Version {
  return script.versions.find(({ id }) => id === script.deployed)!
}
