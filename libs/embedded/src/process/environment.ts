/** What a child needs from the launcher's environment: how to find programs, a home, locale, time zone, trust roots. */
const passedOn = [
  'PATH',
  'HOME',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

/**
 * A clean environment for a child: never the launcher's whole environment, in which keys of other services and of
 * the person at the terminal may lie.
 */
export function minimalEnvironment(
  source: Readonly<Record<string, string | undefined>> = process.env,
): Record<string, string> {
  return Object.fromEntries(
    passedOn.flatMap((name) => {
      const value = source[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/**
 * The standard variables of OpenTelemetry (`OTEL_…`), which a service of a stack takes from whoever starts it: where
 * spans go, and how many.
 */
export function telemetryEnvironment(
  source: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return chosenFrom(source, /^OTEL_/);
}

/** The rules by which the hub of a stack judges nodes (`ATTESTATION_FLIP_…`), as whoever starts it sets them. */
export function flipRulesEnvironment(
  source: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  return chosenFrom(source, /^(?:SHERATAN_)?ATTESTATION_FLIP_(?:WINDOW_SEC|THRESHOLD)$/);
}

function chosenFrom(
  source: Readonly<Record<string, string | undefined>>,
  chosen: RegExp,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(source).flatMap(([name, value]) =>
      chosen.test(name) && value !== undefined ? [[name, value]] : [],
    ),
  );
}
