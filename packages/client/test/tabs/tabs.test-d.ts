import { TaskClient } from '@outlast/client'
import type { SharedTask, TabChannel, TabHost, TabLocks, TabSharing } from '@outlast/client/tabs'
import { tabs } from '@outlast/client/tabs'
import { expectTypeOf, test } from 'vitest'

test('tabs are an option of the client', () => {
  expectTypeOf(tabs()).toEqualTypeOf<TabSharing>()
  expectTypeOf(new TaskClient({ tabs: tabs() })).toEqualTypeOf<TaskClient>()
  expectTypeOf<TabSharing>().parameter(0).toEqualTypeOf<SharedTask>()
  // @ts-expect-error tabs are made by tabs()
  new TaskClient({ tabs: true })
})

test('the locks and channels of browsers are what tabs meet by', () => {
  expectTypeOf<LockManager>().toExtend<TabLocks>()
  expectTypeOf<BroadcastChannel>().toExtend<TabChannel>()
  expectTypeOf(tabs).parameter(0).toEqualTypeOf<TabHost | null | undefined>()
})
