import { jsonOf, Refusal, type Routes } from './api.ts'

/** R2 buckets; their contents are not modelled. */
export class R2 {
  readonly names: string[] = []

  readonly routes: Routes = {
    'GET /accounts/:account/r2/buckets': () => ({ buckets: this.names.map((name) => ({ name })) }),
    'GET /accounts/:account/r2/buckets/:bucket': ({ params }) => {
      if (!this.names.includes(params['bucket']!))
        throw new Refusal(404, 10006, 'The specified bucket does not exist.')
      return { name: params['bucket'] }
    },
    'POST /accounts/:account/r2/buckets': (call) => {
      const { name } = jsonOf(call) as { name: string }
      if (this.names.includes(name)) {
        throw new Refusal(409, 10004, 'The bucket you tried to create already exists, and you own it.')
      }
      this.names.push(name)
      return { name }
    },
  }
}
