{{/* The name everything begins with. */}}
{{- define "highfence.name" -}}
{{- $name := ternary .Release.Name (printf "%s-highfence" .Release.Name) (contains "highfence" .Release.Name) -}}
{{- $name | trunc 40 | trimSuffix "-" -}}
{{- end }}

{{/* Labels of everything; takes (list . PROCESS), where PROCESS may be empty. */}}
{{- define "highfence.labels" -}}
{{- $root := index . 0 -}}
helm.sh/chart: {{ $root.Chart.Name }}-{{ $root.Chart.Version }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
{{ include "highfence.selector" . }}
{{- end }}

{{- define "highfence.selector" -}}
{{- $root := index . 0 -}}
app.kubernetes.io/name: highfence
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- with index . 1 }}
app.kubernetes.io/component: {{ . }}
{{- end }}
{{- end }}

{{- define "highfence.image" -}}
{{- with .Values.image -}}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end -}}
{{- end }}

{{/* The Secret with which a process shows Kafka who it is; takes (list . PROCESS). */}}
{{- define "highfence.secret" -}}
{{- $root := index . 0 -}}
{{- get $root.Values.kafka.secrets (index . 1) | default (include "highfence.user" .) -}}
{{- end }}

{{- define "highfence.user" -}}
{{ include "highfence.name" (index . 0) }}-{{ index . 1 }}
{{- end }}

{{- define "highfence.encrypted" -}}
{{- if or .Values.kafka.caSecret (eq .Values.kafka.authentication "tls") }}yes{{ end -}}
{{- end }}

{{/* librdkafka's properties of a process as JSON, its password by reference; takes (list . PROCESS). */}}
{{- define "highfence.properties" -}}
{{- $root := index . 0 -}}
{{- $kafka := $root.Values.kafka -}}
{{- $made := dict -}}
{{- if include "highfence.encrypted" $root }}{{ $_ := set $made "security.protocol" "SSL" }}{{ end -}}
{{- if $kafka.caSecret }}{{ $_ := set $made "ssl.ca.location" "/etc/highfence/authority/ca.crt" }}{{ end -}}
{{- if eq $kafka.authentication "tls" -}}
{{- $_ := set $made "ssl.certificate.location" "/etc/highfence/kafka/user.crt" -}}
{{- $_ := set $made "ssl.key.location" "/etc/highfence/kafka/user.key" -}}
{{- else if eq $kafka.authentication "scram-sha-512" -}}
{{- $_ := set $made "security.protocol" (ternary "SASL_SSL" "SASL_PLAINTEXT" (ne (include "highfence.encrypted" $root) "")) -}}
{{- $_ := set $made "sasl.mechanism" "SCRAM-SHA-512" -}}
{{- $_ := set $made "sasl.username" (include "highfence.user" .) -}}
{{- $_ := set $made "sasl.password" "$(KAFKA_PASSWORD)" -}}
{{- end -}}
{{- range $key, $_ := $kafka.properties -}}
{{- if regexMatch "password|secret|passphrase|private.key|key.pem" $key -}}
{{- fail (printf "kafka.properties.%s would stand in the pods: use kafka.authentication, by which it comes from a Secret" $key) -}}
{{- end -}}
{{- end -}}
{{- mergeOverwrite $made (deepCopy $kafka.properties) | toJson -}}
{{- end }}

{{/* The environment of a process; takes (list . PROCESS). Settings that are the chart's own are refused in `settings`. */}}
{{- define "highfence.environment" -}}
{{- $root := index . 0 -}}
{{- $kafka := $root.Values.kafka -}}
{{- range $section, $key := dict "kafka" "" "metrics" "" "worker" "replica" "lookback" "replica" "lists" "archive" -}}
{{- $given := get $root.Values.settings $section -}}
{{- if and $given (or (not $key) (hasKey $given $key)) -}}
{{- fail (printf "settings.%s%s is the chart's own: leave it out (the connection is under kafka)" $section (ternary "" (printf ".%s" $key) (eq $key ""))) -}}
{{- end -}}
{{- end -}}
- name: HIGHFENCE_KAFKA__BOOTSTRAP_SERVERS
  value: {{ required "kafka.bootstrapServers is needed: host:port of the brokers" $kafka.bootstrapServers | quote }}
{{- if eq $kafka.authentication "properties" }}
- name: HIGHFENCE_KAFKA__PROPERTIES
  valueFrom:
    secretKeyRef: {name: {{ include "highfence.secret" . }}, key: properties}
{{- else }}
{{- if eq $kafka.authentication "scram-sha-512" }}
- name: KAFKA_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ include "highfence.secret" . }}, key: password}
{{- end }}
- name: HIGHFENCE_KAFKA__PROPERTIES
  value: {{ include "highfence.properties" . | quote }}
{{- end }}
{{- with $root.Values.files }}
# Pods are made anew when a file is another.
- name: FILES_SHA256
  value: {{ toJson . | sha256sum }}
{{- end }}
- name: HIGHFENCE_METRICS__HOST
  value: 0.0.0.0
- name: HIGHFENCE_METRICS__PORT
  value: "9464"
{{- range $section, $keys := $root.Values.settings }}
{{- range $key, $value := $keys }}
- name: HIGHFENCE_{{ upper $section }}__{{ upper $key }}
  value: {{ ternary $value (toJson $value) (kindIs "string" $value) | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* What every pod has in common; takes (list . PROCESS). */}}
{{- define "highfence.pod" -}}
{{- $root := index . 0 -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile: {type: RuntimeDefault}
{{- with $root.Values.image.pullSecrets }}
imagePullSecrets:
{{- range . }}
  - name: {{ . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "highfence.container" -}}
image: {{ include "highfence.image" . }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: {drop: [ALL]}
{{- end }}

{{/* Ready means that it does its work on lists that are fresh; a process that only waits for that is not restarted. */}}
{{- define "highfence.probes" -}}
startupProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 2
  failureThreshold: 60
readinessProbe:
  httpGet: {path: /readyz, port: metrics}
  periodSeconds: 5
  timeoutSeconds: 3
livenessProbe:
  httpGet: {path: /healthz, port: metrics}
  periodSeconds: 10
  timeoutSeconds: 3
  failureThreshold: 3
{{- end }}

{{/* Mounts and volumes of every process; take (list . PROCESS). */}}
{{- define "highfence.mounts" -}}
{{- $kafka := (index . 0).Values.kafka -}}
- {name: tmp, mountPath: /tmp}
{{- if and (index . 0).Values.files (ne (index . 1) "topics") }}
- {name: files, mountPath: /etc/highfence/files, readOnly: true}
{{- end }}
{{- if $kafka.caSecret }}
- {name: authority, mountPath: /etc/highfence/authority, readOnly: true}
{{- end }}
{{- if eq $kafka.authentication "tls" }}
- {name: kafka, mountPath: /etc/highfence/kafka, readOnly: true}
{{- end }}
{{- end }}

{{- define "highfence.volumes" -}}
{{- $kafka := (index . 0).Values.kafka -}}
- name: tmp
  emptyDir: {sizeLimit: 1Gi}
{{- if and (index . 0).Values.files (ne (index . 1) "topics") }}
- name: files
  configMap: {name: {{ include "highfence.name" (index . 0) }}-files}
{{- end }}
{{- with $kafka.caSecret }}
- name: authority
  secret:
    secretName: {{ . }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- if eq $kafka.authentication "tls" }}
- name: kafka
  secret:
    secretName: {{ include "highfence.secret" . }}
    defaultMode: 0440
    items: [{key: user.crt, path: user.crt}, {key: user.key, path: user.key}]
{{- end }}
{{- end }}

{{/* The Service through which Prometheus finds a process; takes (list . PROCESS). */}}
{{- define "highfence.headless" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ include "highfence.user" . }}
  labels: {{- include "highfence.labels" . | nindent 4 }}
spec:
  clusterIP: None
  # One that is not ready says so in its metrics.
  publishNotReadyAddresses: true
  selector: {{- include "highfence.selector" . | nindent 4 }}
  ports:
    - {name: metrics, port: 9464, targetPort: metrics}
{{- end }}
