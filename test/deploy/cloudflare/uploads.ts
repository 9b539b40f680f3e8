import { randomUUID } from 'node:crypto'
import { Answer, type Call, formOf, jsonOf, Refusal, type Routes } from './api.ts'
import type { D1 } from './d1.ts'
import type { Kv } from './kv.ts'
import type { R2 } from './r2.ts'

export interface Binding {
  name: string
  type: string
  [property: string]: unknown
}

/** Metadata of an upload: the fields used here. */
export interface Metadata {
  main_module?: string
  bindings: Binding[]
  keep_bindings?: string[]
  migrations?: { old_tag?: string; new_tag: string; steps: { new_sqlite_classes?: string[] }[] }
  annotations?: Record<string, string>
  [property: string]: unknown
}

/** The Durable Objects that a Worker has; an upload may migrate them. */
interface DurableObjects {
  migration_tag?: string | undefined
  classes: Set<string>
}

/** Uploads of code, which are refused where Cloudflare would refuse them, and of static files. */
export class Uploads {
  readonly #d1: D1
  readonly #kv: Kv
  readonly #r2: R2
  readonly #assets = new Set<string>()
  readonly #sessions = new Map<string, string[]>()

  constructor(d1: D1, kv: Kv, r2: R2) {
    this.#d1 = d1
    this.#kv = kv
    this.#r2 = r2
  }

  readonly routes: Routes = {
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

  /** The upload, with the bindings that it inherits from those `before`. */
  async take(call: Call, objects: DurableObjects, before: readonly Binding[]): Promise<Metadata> {
    const form = await formOf(call)
    const part = form.get('metadata')!
    const metadata = JSON.parse(typeof part === 'string' ? part : await part.text()) as Metadata
    if (!form.has(metadata.main_module!)) throw new Refusal(400, 10021, 'There is no main module.')
    const inherited = ({ name }: Binding) => before.find((binding) => binding.name === name)
    const bindings = metadata.bindings.map((binding) =>
      binding.type === 'inherit' ? (inherited(binding) ?? binding) : binding,
    )
    const { old_tag, new_tag, steps = [] } = metadata.migrations ?? {}
    if (metadata.migrations && old_tag !== objects.migration_tag)
      throw new Refusal(412, 10079, `The migration tag is ${objects.migration_tag}, not ${old_tag}.`)
    const classes = new Set([...objects.classes, ...steps.flatMap((step) => step.new_sqlite_classes ?? [])])
    const lost = bindings.find((binding) => !this.#leadsSomewhere(binding, classes))
    if (lost) throw new Refusal(400, 10021, `The binding ${lost.name} (${lost.type}) leads nowhere.`)
    Object.assign(objects, { migration_tag: new_tag ?? objects.migration_tag, classes })
    return { ...metadata, bindings }
  }

  #leadsSomewhere(
    { type, id, namespace_id, class_name, bucket_name }: Binding,
    classes: Set<string>,
  ): boolean {
    switch (type) {
      case 'd1':
        return this.#d1.has(id)
      case 'kv_namespace':
        return this.#kv.has(namespace_id)
      case 'r2_bucket':
        return this.#r2.names.includes(String(bucket_name))
      case 'durable_object_namespace':
        return classes.has(String(class_name))
      default:
        return type !== 'inherit'
    }
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
