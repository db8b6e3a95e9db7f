import { runTaskStoreConformance } from '../../src/testing/index.ts'
import { sqliteDrivers } from './sqlite/sqlite-drivers.ts'
import { sqliteHarness } from './sqlite/sqlite-harness.ts'
import { runTaskStoreInvariants } from './store-invariants.ts'

for (const driver of sqliteDrivers()) {
  runTaskStoreConformance(`sqliteStore on ${driver.name}`, () => sqliteHarness(driver))
  runTaskStoreInvariants(`sqliteStore on ${driver.name}`, () => sqliteHarness(driver))
}
