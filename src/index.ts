import { app } from './app.ts'
import { Db } from './db/client.ts'
import type { Bindings } from './env.ts'
import { cleanUp } from './upkeep/clean-up.ts'

export default {
  fetch: app.fetch,
  async scheduled({ scheduledTime }, { DB }) {
    await cleanUp(new Db(DB), scheduledTime)
  },
} satisfies ExportedHandler<Bindings>
