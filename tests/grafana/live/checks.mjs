// One line a check, all of them run, and a verdict at the end.
const failures = [];
let count = 0;

// `body` may throw, or return a list of what is wrong.
export async function check(name, body) {
  count += 1;
  let faults;
  try {
    faults = (await body()) ?? [];
  } catch (error) {
    faults = [error.message];
  }
  console.log(`${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name}`);
  for (const fault of faults) console.log(`         ${fault}`);
  if (faults.length > 0) failures.push(name);
}

export function summary() {
  console.log(failures.length === 0 ? `\n${count} checks, all well` : `\n${failures.length} of ${count} checks failed`);
  return failures.length === 0;
}
