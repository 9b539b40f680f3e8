import type {
  About,
  AccountExport,
  ChangeEmailBody,
  ChangePasswordBody,
  LogInBody,
  MergedLine,
  Profile,
  RegisterBody,
  ReplaceProfileBody,
  ResetPasswordBody,
  Session,
  UpdateProfileBody,
} from './api.ts'
import type { CallOptions, Connection } from './connection.ts'
import { Problem } from './problem.ts'
import { type ListOptions, requestsOf, type WriteOptions } from './requests.ts'

/** Registration, session, profile and password. */
export function accountMethods(shop: Connection) {
  const { get, list, create, change, remove } = requestsOf(shop)
  return {
    /** The currency of every price, whether the shop takes payments, and the URLs of its parts. */
    about: (options: CallOptions = {}) => shop.send<About>('GET', '/api/', { ...options, isPublic: true }),
    /**
     * Starts as a guest and stores the tokens, unless there is a session already. Simultaneous calls share one request,
     * which `signal` does not abort.
     */
    guest: (options?: CallOptions) => shop.startGuest(options?.signal),
    /** Creates an account, without logging in. A guest becomes the account, and keeps cart, orders and session. */
    async register(account: RegisterBody, options?: WriteOptions): Promise<Profile> {
      const isGuest = shop.account?.is_guest
      const profile = await create<Profile>('/api/users/register/', account, options, { isPublic: !isGuest })
      if (isGuest) shop.registered(profile.id)
      return profile
    },
    /**
     * Starts a session and stores its tokens. Returns the lines merged from the guest's cart. Fails with
     * `too_many_requests` at once, without a retry.
     */
    async logIn(credentials: LogInBody, options?: CallOptions): Promise<MergedLine[]> {
      const { merged = [] } = await shop.logIn(credentials, options)
      return merged
    },
    /** Ends the session. Forgets its tokens even if the request fails; the session may then still be active. */
    async logOut(options: CallOptions = {}): Promise<void> {
      const pair = shop.store.get()
      if (!pair) return
      try {
        await shop.send('POST', '/api/users/logout/', { ...options, body: { refresh: pair.refresh } })
      } catch (error) {
        const hasEndedAlready = error instanceof Problem && error.status === 401
        if (!hasEndedAlready) throw error
      } finally {
        shop.forgetSession(pair.access)
      }
    },
    profile: {
      /** Name, e-mail, phone and address of the account. */
      get: (options?: CallOptions) => get<Profile>('/api/users/profile/', options),
      /** Sets name, phone and address. The address, or a field of it, is removed if it is left out. */
      replace: (profile: ReplaceProfileBody, options?: CallOptions) =>
        change<Profile>('PUT', '/api/users/profile/', profile, options),
      /** Sets the given fields and keeps the others. */
      update: (profile: UpdateProfileBody, options?: CallOptions) =>
        change<Profile>('PATCH', '/api/users/profile/', profile, options),
    },
    /**
     * Profile, sessions, cart and all orders of the account, with their events and payments, and the networks of its
     * log-ins.
     */
    exportData: (options?: CallOptions) => get<AccountExport>('/api/users/export/', options),
    /**
     * Deletes the account and all that names its owner, and logs out. A guest has no password and leaves it out. The
     * call is not retried.
     */
    async deleteAccount(password?: string, options: CallOptions = {}): Promise<void> {
      const pair = shop.store.get()
      await shop.send('DELETE', '/api/users/profile/', { ...options, body: { password }, retryAfter: [] })
      if (pair) shop.forgetSession(pair.access)
    },
    /**
     * Sets a new password and ends every other session. The call is not retried: after `unreachable` the password may have
     * changed or not.
     */
    changePassword: (passwords: ChangePasswordBody, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/password/', { ...options, body: passwords, retryAfter: [] }),
    /** Asks for a mail with a link to set a new password. The shop sends it if there is an account with this e-mail. */
    requestPasswordReset: (email: string, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/password/reset/', { ...options, body: { email }, isPublic: true }),
    /**
     * Sets a new password with the token of the mail of `requestPasswordReset`, and ends every session. The call is not
     * retried.
     */
    resetPassword: (reset: ResetPasswordBody, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/password/reset/confirm/', {
        ...options,
        body: reset,
        isPublic: true,
        retryAfter: [],
      }),
    /**
     * Sends a mail with a confirmation link to the new address, which `confirmEmail` then sets. The call is not
     * retried.
     */
    changeEmail: (email: ChangeEmailBody, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/email/', { ...options, body: email, retryAfter: [] }),
    /**
     * Confirms an address of the account that is logged in, with the token of the mail of `changeEmail`. The call is
     * not retried.
     */
    confirmEmail: (token: string, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/email/confirm/', { ...options, body: { token }, retryAfter: [] }),
    /**
     * Undoes a change of address, with the token of the mail to the former address, and ends every session. The call is
     * not retried.
     */
    restoreEmail: (token: string, options: CallOptions = {}) =>
      shop.send<void>('POST', '/api/users/email/restore/', {
        ...options,
        body: { token },
        isPublic: true,
        retryAfter: [],
      }),
    sessions: {
      /** The active sessions of the account, newest first. */
      list: (query?: ListOptions) => list<Session>('/api/users/sessions/', query),
      /** Logs out one device, whose tokens stop working immediately. */
      end: (id: number, options?: CallOptions) => remove(`/api/users/sessions/${id}/`, options),
    },
  }
}

export type AccountMethods = ReturnType<typeof accountMethods>
