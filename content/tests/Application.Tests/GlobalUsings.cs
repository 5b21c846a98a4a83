global using Application.Common;
global using Application.Tests.Common;
global using Domain.Common;
global using ErrorOr;
global using Mediator;
global using Microsoft.Extensions.DependencyInjection;
