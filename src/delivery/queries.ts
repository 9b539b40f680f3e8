import { sql, type Selectable } from 'kysely'
import { build } from '../db/build.ts'
import type { Db } from '../db/client.ts'
import { countUpTo, fetchPage, type PageRequest, selectPage } from '../db/keyset.ts'
import type { Database } from '../db/schema.ts'
import { AppError } from '../errors.ts'

export type OptionRow = Selectable<Database['delivery_options']>

export const NO_OPTION = 'No such delivery option.'

export function selectOption(id: number) {
  return build.selectFrom('delivery_options').where('id', '=', id).selectAll()
}

export async function getOption(db: Db, id: number): Promise<OptionRow> {
  const option = await db.first(selectOption(id))
  if (!option) throw new AppError('not_found', NO_OPTION)
  return option
}

/** Options by price: all of them, or the active ones, of one country if given. There are few, so they need no index. */
export async function listOptions(
  db: Db,
  { onlyActive, country }: { onlyActive: boolean; country?: string | undefined },
  request: PageRequest,
) {
  const options = build
    .selectFrom('delivery_options')
    .$if(onlyActive, (all) => all.where('active', '=', 1))
    .$if(country !== undefined, (all) =>
      all.where(sql<boolean>`(countries = '[]' OR ${country} IN (SELECT value FROM json_each(countries)))`),
    )
  const page = selectPage(
    [options.selectAll()],
    { table: 'delivery_options', column: 'price_cents', descending: false },
    request,
  )
  return fetchPage(db, request, page, countUpTo(options.select('id')))
}
