{{- define "scaler.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/*
The name of all objects. It is short enough for the suffixes that are appended to it, and begins with a letter, which the
name of a Service must do.
*/}}
{{- define "scaler.fullname" -}}
{{- $name := include "scaler.name" . }}
{{- $default := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- $full := .Values.fullnameOverride | default $default }}
{{- regexMatch "^[0-9]" $full | ternary (print "scaler-" $full) $full | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "scaler.selectorLabels" -}}
app.kubernetes.io/name: {{ include "scaler.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end }}

{{- define "scaler.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{ include "scaler.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "scaler.image" -}}
{{- with .Values.image }}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end }}
{{- end }}
{{- end }}

{{- define "scaler.serviceAccountName" -}}
{{- .Values.serviceAccount.name | default (.Values.serviceAccount.create | ternary (include "scaler.fullname" .) "default") }}
{{- end }}

{{- define "scaler.tlsSecretName" -}}
{{- .Values.tls.secretName | default (printf "%s-tls" (include "scaler.fullname" .)) }}
{{- end }}

{{/* The security context of every container: the restricted Pod Security Standard, and a read-only file system. */}}
{{- define "scaler.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "scaler.podSecurityContext" -}}
runAsNonRoot: true
seccompProfile:
  type: RuntimeDefault
{{- range $field, $id := .Values.podSecurityContext }}
{{- with $id }}
{{ $field }}: {{ int64 . }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Whether and how the service serves the cluster in which the chart is installed:
{"served": true, "name": "default", "watched": [namespaces, empty for all], "scaled": [namespaces, empty for all]}
*/}}
{{- define "scaler.ownCluster" -}}
{{- $served := not .Values.clusters }}
{{- $name := .Values.clusterName | default "default" }}
{{- $watched := .Values.watchNamespaces | default list }}
{{- range .Values.clusters }}
{{- if .inCluster }}
{{- $served = true }}
{{- $name = .name }}
{{- $watched = .namespaces | default list }}
{{- end }}
{{- end }}
{{- $scaled := .Values.scaling.namespaces | default $watched }}
{{- dict "served" $served "name" $name "watched" $watched "scaled" $scaled | toJson }}
{{- end }}

{{/* The rules of the chart and of the values, in the form of a rails file: {"rules": [...]} */}}
{{- define "scaler.rails" -}}
{{- $own := include "scaler.ownCluster" . | fromJson }}
{{- $rules := list }}
{{- if .Values.rails.defaults }}
{{- if $own.served }}
{{- $namespaces := list "kube-system" .Release.Namespace | uniq }}
{{- $reason := "counts here are not for clients, by rails.defaults of the chart" }}
{{- $rules = append $rules (dict "name" "chart default system" "clusters" (list $own.name) "namespaces" $namespaces "protected" $reason) }}
{{- end }}
{{- $rules = append $rules (dict "name" "chart default max" "max" 1000) }}
{{- end }}
{{- dict "rules" (concat $rules (.Values.rails.rules | default list)) | toJson }}
{{- end }}
