package deploy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// manifests are applied to a cluster together.
type manifests struct {
	deployments  map[string]*appsv1.Deployment
	statefulSets map[string]*appsv1.StatefulSet
	jobs         map[string]*batchv1.Job
	services     map[string]*corev1.Service
	ingresses    map[string]*networkingv1.Ingress
	configMaps   map[string]*corev1.ConfigMap
	accounts     map[string]*corev1.ServiceAccount
	scalers      map[string]*autoscalingv2.HorizontalPodAutoscaler
	budgets      map[string]*policyv1.PodDisruptionBudget
	scaled       map[string]*scaledObject
	rules        map[string]*prometheusRule
	monitors     map[string]*podMonitor
	namespaces   []*corev1.Namespace
}

// scaledObject is the part of KEDA's type that we use: KEDA's own types depend on the clients
// of many clouds.
type scaledObject struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Spec              struct {
		ScaleTargetRef  struct{ Name string } `json:"scaleTargetRef"`
		PollingInterval *int32                `json:"pollingInterval"`
		MinReplicaCount *int32                `json:"minReplicaCount"`
		MaxReplicaCount *int32                `json:"maxReplicaCount"`
		Advanced        struct {
			HorizontalPodAutoscalerConfig struct {
				Behavior *autoscalingv2.HorizontalPodAutoscalerBehavior `json:"behavior"`
			} `json:"horizontalPodAutoscalerConfig"`
		} `json:"advanced"`
		Triggers []struct {
			Type     string `json:"type"`
			Metadata struct {
				EndpointFromEnv  string `json:"endpointFromEnv"`
				NamespaceFromEnv string `json:"namespaceFromEnv"`
				APIKeyFromEnv    string `json:"apiKeyFromEnv"`
				TaskQueue        string `json:"taskQueue"`
				QueueTypes       string `json:"queueTypes"`
				TargetQueueSize  string `json:"targetQueueSize"`
			} `json:"metadata"`
		} `json:"triggers"`
	} `json:"spec"`
}

// strict decodes the types that the API server knows, and refuses fields that it would drop
// and duplicate fields.
func strict() runtime.Decoder {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		appsv1.AddToScheme, autoscalingv2.AddToScheme, batchv1.AddToScheme, corev1.AddToScheme, networkingv1.AddToScheme, policyv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

// render renders a folder like `kubectl apply -k`.
func render(t *testing.T, folder string) *manifests {
	t.Helper()
	resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	require.NoError(t, err, folder)
	m := &manifests{
		deployments: map[string]*appsv1.Deployment{}, statefulSets: map[string]*appsv1.StatefulSet{}, jobs: map[string]*batchv1.Job{},
		services: map[string]*corev1.Service{}, ingresses: map[string]*networkingv1.Ingress{}, configMaps: map[string]*corev1.ConfigMap{},
		accounts: map[string]*corev1.ServiceAccount{}, scalers: map[string]*autoscalingv2.HorizontalPodAutoscaler{},
		budgets: map[string]*policyv1.PodDisruptionBudget{}, scaled: map[string]*scaledObject{},
		rules: map[string]*prometheusRule{}, monitors: map[string]*podMonitor{},
	}
	decoder := strict()
	for _, resource := range resources.Resources() {
		text, err := resource.AsYAML()
		require.NoError(t, err)
		if strings.HasPrefix(resource.GetGvk().Group, "keda.sh") {
			s := &scaledObject{}
			require.NoError(t, yaml.UnmarshalStrict(text, s), "%s", text)
			require.Equal(t, "keda.sh/v1alpha1 ScaledObject yeyak", s.APIVersion+" "+s.Kind+" "+s.Namespace)
			m.scaled[s.Name] = s
			continue
		}
		if resource.GetGvk().Group == "monitoring.coreos.com" {
			m.addMonitoring(t, resource.GetKind(), text)
			continue
		}
		object, _, err := decoder.Decode(text, nil, nil)
		require.NoError(t, err, "%s", text)
		m.add(t, object)
	}
	return m
}

func (m *manifests) add(t *testing.T, object runtime.Object) {
	t.Helper()
	switch o := object.(type) {
	case *appsv1.Deployment:
		m.deployments[o.Name] = o
	case *appsv1.StatefulSet:
		m.statefulSets[o.Name] = o
	case *batchv1.Job:
		m.jobs[o.Name] = o
	case *corev1.Service:
		m.services[o.Name] = o
	case *networkingv1.Ingress:
		m.ingresses[o.Name] = o
	case *corev1.ConfigMap:
		m.configMaps[o.Name] = o
	case *corev1.ServiceAccount:
		m.accounts[o.Name] = o
	case *autoscalingv2.HorizontalPodAutoscaler:
		m.scalers[o.Name] = o
	case *policyv1.PodDisruptionBudget:
		m.budgets[o.Name] = o
	case *corev1.Namespace:
		m.namespaces = append(m.namespaces, o)
		return
	default:
		require.Fail(t, "nothing here checks it", "%T: a Secret does not belong into a file", o)
	}
	require.Equal(t, "yeyak", object.(metav1.Object).GetNamespace(), "%T %s", object, object.(metav1.Object).GetName())
}

// renders are all manifests that an operator may apply: the overlays, their jobs, and
// production with the components that its kustomization.yaml suggests.
func renders(t *testing.T) map[string]*manifests {
	t.Helper()
	all := map[string]*manifests{}
	for _, overlay := range []string{"prod", "prod/jobs", "local", "local/jobs"} {
		all[overlay] = render(t, "kubernetes/overlays/"+overlay)
	}
	for _, component := range []string{"keda", "next", "monitoring"} {
		all["prod, "+component] = render(t, filepath.Join(suggested(t, component), "overlays/prod"))
	}
	all[leanJobs] = render(t, filepath.Join(suggestedIn(t, "overlays/prod/jobs", "../../../components/visibility"), "overlays/prod/jobs"))
	return all
}

// leanJobs are the jobs with the component that they suggest.
const leanJobs = "prod/jobs, visibility"

// suggested copies the manifests and adds the component to production, where a comment in its
// kustomization.yaml suggests it.
func suggested(t *testing.T, component string) (folder string) {
	t.Helper()
	return suggestedIn(t, "overlays/prod", "../../components/"+component)
}

func suggestedIn(t *testing.T, overlay, component string) (folder string) {
	t.Helper()
	top := t.TempDir()
	for _, part := range []string{"kubernetes", "alertmanager", "grafana", "prometheus"} {
		require.NoError(t, os.CopyFS(filepath.Join(top, part), os.DirFS(part)))
	}
	folder = filepath.Join(top, "kubernetes")
	edit(t, filepath.Join(folder, overlay, "kustomization.yaml"), "# - "+component+"\n", "- "+component+"\n")
	return folder
}

func edit(t *testing.T, file, before, after string) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, 1, strings.Count(string(text), before), "%s: %s", file, before)
	require.NoError(t, os.WriteFile(file, []byte(strings.Replace(string(text), before, after, 1)), 0o600))
}

// pods are the pods of every workload by its kind and name.
func (m *manifests) pods() map[string]corev1.PodTemplateSpec {
	all := map[string]corev1.PodTemplateSpec{}
	for name, d := range m.deployments {
		all["Deployment "+name] = d.Spec.Template
	}
	for name, s := range m.statefulSets {
		all["StatefulSet "+name] = s.Spec.Template
	}
	for name, j := range m.jobs {
		all["Job "+name] = j.Spec.Template
	}
	return all
}

// processOf is the process that Kubernetes would start.
func (m *manifests) processOf(t *testing.T, c corev1.Container) process {
	t.Helper()
	p := process{args: c.Args, env: map[string]string{}, shared: map[string]string{}}
	for _, from := range c.EnvFrom {
		settings := m.configMaps[from.ConfigMapRef.Name]
		require.NotNil(t, settings, from.ConfigMapRef.Name)
		for name, value := range settings.Data {
			p.shared[name] = value
		}
	}
	for _, variable := range c.Env {
		require.NotContains(t, p.env, variable.Name, "twice")
		p.env[variable.Name] = variable.Value
		if variable.ValueFrom != nil {
			p.env[variable.Name] = secretLike(variable.Name)
		}
	}
	return p
}

// secretLike is a possible value of an operator's Secret.
func secretLike(variable string) string {
	if strings.HasSuffix(variable, "DATABASE_URL") {
		return "postgres://yeyak:" + password + "@db.example:5432/yeyak"
	}
	if strings.Contains(variable, "WEBHOOK") {
		return "whsec_" + password
	}
	return "sk_live_" + password
}
