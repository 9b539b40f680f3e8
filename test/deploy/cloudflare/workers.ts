import { randomUUID } from 'node:crypto'
import { type Call, jsonOf, Refusal, type Routes } from './api.ts'
import type { Binding, Metadata, Uploads } from './uploads.ts'

interface Version {
  id: string
  metadata: Metadata
}

interface Script {
  secrets: Map<string, string>
  versions: Version[]
  /** The id of the live version. */
  deployed: string
  /** The last migration of its Durable Objects, and their classes. */
  migration_tag?: string | undefined
  classes: Set<string>
  subdomain: { enabled: boolean; previews_enabled: boolean }
  crons: string[]
}

const SUBDOMAIN = 'rehearsal'
const MIN_KEY_BYTES = 32 // of src/auth/tokens.ts

/** Workers: their versions, secrets, addresses and schedules. */
export class Workers {
  readonly scripts = new Map<string, Script>()
  readonly #uploads: Uploads

  constructor(uploads: Uploads) {
    this.#uploads = uploads
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
      return { bindings: serving(this.#script(call))!.metadata.bindings }
    },
    'PATCH /accounts/:account/workers/scripts/:script/script-settings': (call) => jsonOf(call),

    'PUT /accounts/:account/workers/scripts/:script': async (call) => {
      const name = call.params['script']!
      const script = this.scripts.get(name) ?? emptyScript()
      const { id } = await this.#takeUpload(call, script)
      script.deployed = id
      this.scripts.set(name, script)
      return { id: name, deployment_id: id.replaceAll('-', ''), startup_time_ms: 10 }
    },
    'POST /accounts/:account/workers/scripts/:script/versions': async (call) => {
      const { id } = await this.#takeUpload(call, this.#script(call))
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
  }

  /** A Worker with secrets and without code, as `wrangler secret put` creates it. */
  createDraft(name: string, secrets: Record<string, string>, bindings: Binding[] = []): void {
    const script = { ...emptyScript(), secrets: new Map(Object.entries(secrets)) }
    script.deployed = addVersion(script, { main_module: name, bindings }).id
    this.scripts.set(name, script)
  }

  /** The deployed version of a Worker: the last upload that was deployed. */
  servingMetadata(name: string): Metadata {
    return serving(this.scripts.get(name)!)!.metadata
  }

  /** The response to `GET /api/health/` of a deployed shop, which fails with a short key. */
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

  async #takeUpload(call: Call, script: Script): Promise<Version> {
    const metadata = await this.#uploads.take(call, script, serving(script)?.metadata.bindings ?? [])
    if (!metadata.keep_bindings?.includes('secret_text')) script.secrets.clear()
    return addVersion(script, metadata)
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

function serving(script: Script): Version | undefined {
  return script.versions.find(({ id }) => id === script.deployed)
}
