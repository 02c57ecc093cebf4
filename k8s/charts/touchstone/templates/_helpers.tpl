{{/* The services as the contracts have them, by name: ports, configuration keys, consumers. Generated; a new service appears by itself. */}}
{{- define "touchstone.contracts" -}}
{{ .Files.Get "files/services.json" }}
{{- end }}

{{/* Begins the name of everything, so that releases of one namespace stay apart. */}}
{{- define "touchstone.fullname" -}}
{{- if contains .Chart.Name .Release.Name }}{{ .Release.Name | trunc 36 | trimSuffix "-" }}{{ else }}{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 36 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "touchstone.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: touchstone
{{- end }}

{{/* (dict "root" $ "name" service): what selects its Pods; it never changes. */}}
{{- define "touchstone.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end }}

{{/* (dict "root" $ "name" image) */}}
{{- define "touchstone.image" -}}
{{- $image := .root.Values.image -}}
{{- $digest := index ($image.digests | default dict) .name -}}
{{- $tag := $image.tag | default .root.Chart.AppVersion -}}
{{- with $image.registry }}{{ . }}/{{ end }}{{ $image.prefix }}/{{ .name }}{{ if $digest }}@{{ $digest }}{{ else }}:{{ $tag }}{{ end }}
{{- end }}

{{/* (dict "root" $ "value" a switch of values): its own value, or the recommendation where it is null. */}}
{{- define "touchstone.on" -}}
{{- if kindIs "bool" .value }}{{ if .value }}true{{ end }}{{ else if .root.Values.recommendations.enabled }}true{{ end }}
{{- end }}

{{- define "touchstone.podSecurityContext" -}}
runAsNonRoot: true
{{- with .Values.podSecurity.runAsUser }}
runAsUser: {{ int64 . }}
runAsGroup: {{ int64 . }}
{{- end }}
{{- with .Values.podSecurity.fsGroup }}
fsGroup: {{ int64 . }}
fsGroupChangePolicy: OnRootMismatch
{{- end }}
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "touchstone.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
privileged: false
capabilities:
  drop: [ALL]
{{- end }}

{{/* URL of NATS: that of the release's own server for trials, or the one of values. */}}
{{- define "touchstone.natsUrl" -}}
{{- if .Values.nats.enabled }}nats://{{ include "touchstone.fullname" . }}-nats:4222{{ else }}{{ .Values.nats.url }}{{ end }}
{{- end }}

{{/* (dict "root" $ "name" service): whether the Pods of a service have the prover. */}}
{{- define "touchstone.proves" -}}
{{- if and .root.Values.prover.enabled (eq .name "inference-gateway") }}true{{ end }}
{{- end }}

{{- define "touchstone.proverFolder" }}/var/run/touchstone/prover{{ end }}
{{- define "touchstone.proverWork" }}/var/run/touchstone/prover-work{{ end }}

{{- define "touchstone.secretsFolder" }}/var/run/touchstone/secrets{{ end }}

{{/* (dict "root" $ "name" service "secret" name "keys" list): each key of a secret as a file, and the variable that names the file. */}}
{{- define "touchstone.secretEnv" -}}
{{- range .keys }}
- name: {{ . }}_FILE
  value: {{ include "touchstone.secretsFolder" $ }}/{{ . }}
{{- end }}
{{- end }}

{{- define "touchstone.secretVolume" -}}
- name: secrets
  secret:
    secretName: {{ .secret }}
    # With fsGroup the kubelet adds the group's right to read; a service takes 0440 of root and nothing wider.
    defaultMode: 256 # 0400
    items:
      {{- range .keys }}
      - key: {{ . }}
        path: {{ . }}
      {{- end }}
{{- end }}

{{/* (dict "root" $ "name" service "contract" its entry "values" its values): names of the keys of its secret. */}}
{{- define "touchstone.secretKeys" -}}
{{- $keys := list -}}
{{- range .contract.keys }}{{- if and .secret (or .required (eq .name "TOUCHSTONE_NATS_PASSWORD")) }}{{- $keys = append $keys .name }}{{- end }}{{- end }}
{{- $keys = concat $keys (.values.secretKeys | default list) | uniq -}}
{{- $keys | toJson -}}
{{- end }}

{{/* (dict "root" $ "name" service): the Secret that the operator made. */}}
{{- define "touchstone.secretName" -}}
{{- $own := index .root.Values.services .name -}}
{{- $own.existingSecret | default (printf "%s-%s" (include "touchstone.fullname" .root) .name) -}}
{{- end }}

{{/* Environment of a service; also that of its migrations. */}}
{{- define "touchstone.environment" -}}
{{- $root := .root -}}
{{- $contract := .contract -}}
{{- $values := .values -}}
{{- $names := dict -}}
{{- range $contract.keys }}{{- $_ := set $names .name true }}{{- end }}
- name: TOUCHSTONE_BIND_HOST
  value: 0.0.0.0
- name: NODE_OPTIONS
  value: {{ $values.nodeOptions | default $root.Values.nodeOptions | quote }}
- name: NATS_URL
  value: {{ include "touchstone.natsUrl" $root | quote }}
{{- if hasKey $names "TOUCHSTONE_NODE_ID" }}
- name: TOUCHSTONE_NODE_ID
  value: {{ $root.Values.nodeId | quote }}
{{- end }}
{{- with $root.Values.caBundle.configMap }}
- name: NODE_EXTRA_CA_CERTS
  value: /var/run/touchstone/ca/{{ $root.Values.caBundle.key }}
{{- end }}
{{- $config := merge (deepCopy ($values.config | default dict)) (dict) }}
{{- range $key, $value := $root.Values.config }}
{{- if and (hasKey $names $key) (not (hasKey $config $key)) }}{{- $_ := set $config $key $value }}{{- end }}
{{- end }}
{{- /* Found again when the container starts anew, wherever TMPDIR is. */}}
{{- range $key, $value := dict "TOUCHSTONE_UPLOADS_DIR" "/tmp" "TOUCHSTONE_MODEL_CACHE_DIR" "/tmp/models" }}
{{- if and (hasKey $names $key) (not (hasKey $config $key)) }}{{- $_ := set $config $key $value }}{{- end }}
{{- end }}
{{- range $key, $value := $config }}
- name: {{ $key }}
  value: {{ if kindIs "string" $value }}{{ tpl $value $root | quote }}{{ else if or (kindIs "map" $value) (kindIs "slice" $value) }}{{ $value | toJson | quote }}{{ else if kindIs "float64" $value }}{{ if eq $value (float64 (int64 $value)) }}{{ int64 $value | toString | quote }}{{ else }}{{ $value | toString | quote }}{{ end }}{{ else }}{{ $value | toString | quote }}{{ end }}
{{- end }}
{{- include "touchstone.secretEnv" (dict "keys" (include "touchstone.secretKeys" . | fromJsonArray)) }}
{{- with $values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "touchstone.volumes" -}}
{{ include "touchstone.secretVolume" (dict "secret" (include "touchstone.secretName" .) "keys" (include "touchstone.secretKeys" . | fromJsonArray)) }}
{{- with .root.Values.caBundle.configMap }}
- name: ca
  configMap:
    name: {{ . }}
{{- end }}
{{- with .values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "touchstone.volumeMounts" -}}
- name: secrets
  mountPath: {{ include "touchstone.secretsFolder" . }}
  readOnly: true
{{- if .root.Values.caBundle.configMap }}
- name: ca
  mountPath: /var/run/touchstone/ca
  readOnly: true
{{- end }}
{{- with .values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}
