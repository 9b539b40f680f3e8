import type { D1Migration } from 'cloudflare:test'
import type { Bindings } from '../src/env.ts'
import type { Mailer, OrderStream, Webhook } from '../src/index.ts'

declare global {
  namespace Cloudflare {
    interface Env extends Omit<Bindings, 'ORDER_STREAMS' | 'MAILER' | 'WEBHOOKS'> {
      ORDER_STREAMS: DurableObjectNamespace<OrderStream>
      MAILER: DurableObjectNamespace<Mailer>
      WEBHOOKS: DurableObjectNamespace<Webhook>
      TEST_MIGRATIONS: D1Migration[]
      REPLICA: D1Database
    }
    interface GlobalProps {
      mainModule: typeof import('../src/index.ts')
    }
  }
}
