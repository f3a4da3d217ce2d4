// What a person does on an open dashboard: choose a filter, type into a text field, press refresh. Each returns how long
// it took until the last panel was there again.

// The control whose label names the variable.
function control_of(page, variable) {
  return page.locator('[data-testid="data-testid template variable"]').filter({ has: page.locator(`label:has-text("${variable.label ?? variable.name}")`) }).first();
}

// undefined: there is nothing to choose.
export async function change_filter(page, variable, settled) {
  const control = control_of(page, variable);
  const input = control.locator('input').first();
  await input.click();
  if (variable.type === 'textbox') {
    await input.fill('a');
    const begin = Date.now();
    await input.press('Enter');
    await page.waitForURL((url) => url.searchParams.get(`var-${variable.name}`) === 'a', { timeout: 30_000 });
    return settled(begin);
  }
  // The list has All first; the next is a value. It counts when the list closes.
  const options = page.locator('[role="option"]');
  await options.first().waitFor({ timeout: 30_000 });
  if ((await options.count()) < 2) {
    await page.keyboard.press('Escape');
    return undefined;
  }
  await options.nth(1).click();
  const begin = Date.now();
  await page.keyboard.press('Escape');
  await page.waitForURL((url) => ![null, '$__all'].includes(url.searchParams.get(`var-${variable.name}`)), { timeout: 30_000 });
  return settled(begin);
}

export async function press_refresh(page, settled) {
  const begin = Date.now();
  const button = page.locator('[data-testid="data-testid RefreshPicker run button"]').first();
  if ((await button.count()) === 0) return undefined;
  await button.click();
  return settled(begin);
}
